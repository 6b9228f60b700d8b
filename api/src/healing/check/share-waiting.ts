/**
 * Returns a function that calls `run`. While a run waits to start, further calls of its kind share it, because it serves
 * them too. The run calls `onStart` when it no longer waits.
 */
export function shareWaiting<Kind>(
  run: (kind: Kind, onStart: () => void) => Promise<void>,
): (kind: Kind) => Promise<void> {
  const waiting = new Map<Kind, Promise<void>>()
  return (kind) => {
    const earlier = waiting.get(kind)
    if (earlier) return earlier
    const started = () => {
      if (waiting.get(kind) === begun) waiting.delete(kind)
    }
    const begun: Promise<void> = run(kind, started).finally(started)
    waiting.set(kind, begun)
    return begun
  }
}

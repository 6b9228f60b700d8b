/** Resolves when it is the caller's turn. Callers get their turns in the order of their calls. */
export type Turns = () => Promise<void>

/**
 * Lets one waiter continue per turn of the event loop. If a lot of work is due at the same time, for example because a
 * time limit ends for many, other requests can be processed in between.
 */
export function createTurns(): Turns {
  const waiting: (() => void)[] = []
  const next = () => {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(next)
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      if (waiting.length === 1) setImmediate(next)
    })
}

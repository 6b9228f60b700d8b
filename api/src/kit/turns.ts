/** Waits for a turn. Waiters go on in the order of their calls. */
export type Turns = () => Promise<void>

/**
 * Lets one waiter go on per turn of the event loop. Work that becomes due for many at once, such as the end of a common
 * time limit, then leaves room for the requests of others between any two of its parts.
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

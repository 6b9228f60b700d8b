/**
 * Resolves when the caller may do its next piece of work, at the latest after about `withinMs`. The caller does the
 * piece at once.
 */
export type Pace = (withinMs: number) => Promise<void>

/**
 * How long the pace rests after a piece, in relation to the piece. The measured time of a piece contains neither its
 * later callbacks nor those of the database, so the work takes at most about half of the time of the event loop.
 */
const REST = 3
/** The longest rest in milliseconds: a piece that was interrupted by other work appears long. */
const MAX_REST_MS = 20

/**
 * Lets pieces of work run one after the other with rests in between, so that many of them together leave time for the
 * other work of the event loop. A single caller does not wait. Of several waiters, the one continues first that may
 * wait the shortest. Waiters that are late get one turn of the event loop each, without rests.
 */
export function createPace(): Pace {
  const waiting: { due: number; go: () => void }[] = []
  let isBusy = false

  const begin = () => {
    isBusy = true
    const began = performance.now()
    // Runs after the piece, and after the callbacks that are due in the same turn of the event loop.
    setImmediate(() => rest(Math.min(REST * (performance.now() - began), MAX_REST_MS)))
  }
  const rest = (ms: number) => {
    const [head] = waiting
    const left = head ? Math.min(ms, head.due - performance.now()) : ms
    if (left <= 0) next()
    else setTimeout(next, left)
  }
  const next = () => {
    const head = waiting.shift()
    isBusy = head !== undefined
    if (!head) return
    begin()
    head.go()
  }
  return (withinMs) => {
    if (!isBusy) {
      begin()
      return Promise.resolve()
    }
    return new Promise((go) => {
      const due = performance.now() + withinMs
      const at = waiting.findLastIndex((other) => other.due <= due) + 1
      waiting.splice(at, 0, { due, go })
    })
  }
}

/** The pace of this process. There is one event loop, so all that are paced share it. */
export const processPace: Pace = createPace()

/**
 * A channel with one slot per consumer. While the consumer is slow, later values are merged into the waiting one, so
 * the producer never waits and memory stays bounded.
 */
export interface ConflatedChannel<Value> {
  put(value: Value): void
  /** The consumer receives the waiting value, then the error. */
  fail(error: Error): void
  /** The consumer's iterator. Returning it ends a wait immediately. */
  read: AsyncIterableIterator<Value>
}

export function createConflatedChannel<Value>(
  merge: (waiting: Value, later: Value) => Value,
  onLeave: () => void,
): ConflatedChannel<Value> {
  let box: { value: Value } | null = null
  let failure: Error | null = null
  let ended = false
  let wake: (() => void) | null = null

  const end = () => {
    if (ended) return
    ended = true
    box = null
    onLeave()
    wake?.()
  }
  const read: AsyncIterableIterator<Value> = {
    async next() {
      while (!box && !failure && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = null
      }
      if (box) {
        const { value } = box
        box = null
        return { done: false, value }
      }
      if (failure && !ended) {
        end()
        throw failure
      }
      return { done: true, value: undefined }
    },
    async return() {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => read,
  }
  return {
    read,
    put(value) {
      if (ended) return
      box = { value: box ? merge(box.value, value) : value }
      wake?.()
    },
    fail(error) {
      failure = error
      wake?.()
    },
  }
}

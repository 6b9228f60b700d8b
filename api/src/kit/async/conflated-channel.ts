/**
 * A channel for one consumer that holds at most one value. While the consumer is slow, later values are merged into the
 * value that waits. So the producer never waits, and memory stays limited.
 */
export interface ConflatedChannel<Value> {
  put(value: Value): void
  /** Ends the channel. The consumer gets the waiting value first, then the error. */
  fail(error: Error): void
  /** The iterator of the consumer. Calling return() on it ends a wait at once. */
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

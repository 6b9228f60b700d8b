/**
 * Group commit: concurrent callers share one batch. Usually there is no timer. If no batch is running, a batch starts
 * at once; items that arrive while it runs form the next batch. So batches grow with the load, and a single caller does
 * not wait. With several `lanes`, another batch may start while one is running, but only if it has at least
 * `worthwhile` items (by default a quarter of `max`).
 *
 * `lingerMs` is for results that no caller waits for. A batch then starts `lingerMs` after its first item, or when it
 * has `worthwhile` items. So statements are shared even under light load. `flush` starts the batch at once.
 *
 * `run` gets items whose total weight is at most `max` and returns one result per item, in the same order. The weight
 * of an item is 1 or the result of `weigh`; an item that is heavier than `max` is run alone. If `run` throws, all items
 * of the batch reject with that error; later batches are not affected. If a result is a promise that rejects, only its
 * item rejects.
 */
export interface Batcher<Item, Result> {
  (item: Item): Promise<Result>
  /** Ends the linger: waiting items start as soon as no batch is running. */
  flush(): void
  /** Resolves when all items that have been passed so far are done. */
  idle(): Promise<void>
  readonly waiting: number
}

export function createBatcher<Item, Result>(options: {
  max: number
  lanes: number
  worthwhile?: number
  weigh?: (item: Item) => number
  lingerMs?: number
  run: (items: Item[]) => Promise<ReadonlyArray<Result | PromiseLike<Result>>>
}): Batcher<Item, Result> {
  interface Entry {
    item: Item
    resolve: (result: Result | PromiseLike<Result>) => void
    reject: (error: unknown) => void
  }
  const worthwhile = options.worthwhile ?? options.max / 4
  let waiting: Entry[] = []
  let running = 0
  /**
   * True while the next batch still collects items: until the end of this turn of the event loop, or until the linger
   * ends.
   */
  let gathering = false
  let idlers: Array<() => void> = []

  const take = (): Entry[] => {
    let count = Math.min(waiting.length, options.max)
    if (options.weigh) {
      let weight = 0
      count = 0
      while (count < waiting.length) {
        weight += options.weigh(waiting[count]!.item)
        if (weight > options.max && count > 0) break
        count++
      }
    }
    const batch = count === waiting.length ? waiting : waiting.splice(0, count)
    if (batch === waiting) waiting = []
    return batch
  }

  const depart = async () => {
    const batch = take()
    running++
    try {
      const results = await options.run(batch.map((entry) => entry.item))
      if (results.length !== batch.length)
        throw new Error(`a batch of ${batch.length} returned ${results.length} results`)
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(results[i]!)
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    } finally {
      running--
      pump()
    }
  }

  const isWorthwhile = () => {
    const weight = options.weigh ? waiting.reduce((sum, { item }) => sum + options.weigh!(item), 0) : waiting.length
    return weight >= worthwhile
  }

  const pump = () => {
    while (waiting.length > 0 && running < options.lanes && ((running === 0 && !gathering) || isWorthwhile()))
      void depart()
    if (running === 0 && waiting.length === 0 && idlers.length > 0) {
      for (const done of idlers) done()
      idlers = []
    }
  }

  const close = () => {
    gathering = false
    pump()
  }

  // Callers in the same turn of the event loop share the first batch, because one read from a socket can contain many
  // requests.
  const gather = () => {
    if (gathering) return
    gathering = true
    if (options.lingerMs === undefined) setImmediate(close)
    else setTimeout(close, options.lingerMs)
  }

  const batcher = (item: Item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      gather()
      if (options.lingerMs !== undefined && isWorthwhile()) pump()
    })
  return Object.defineProperties(batcher, {
    flush: { value: close },
    idle: {
      value: () =>
        running === 0 && waiting.length === 0 ? Promise.resolve() : new Promise<void>((done) => idlers.push(done)),
    },
    waiting: { get: () => waiting.length },
  }) as Batcher<Item, Result>
}

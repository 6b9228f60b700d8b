/**
 * Group commit: concurrent callers join one batch. There is no timer: a batch leaves at once while none is under way, and items that
 * come meanwhile collect into the next one, so batches grow with the load and a lone caller does not wait. With several `lanes` a
 * further batch leaves only once it is worth a statement of its own: `worthwhile` items, or a quarter of `max`.
 *
 * `lingerMs` is for results that nobody waits for: a batch then leaves that long after its first item came, or once it is
 * worthwhile, so that statements are shared under a light load too. `flush` ends the linger.
 *
 * `run` gets items that weigh at most `max` together (an item weighs 1, or the answer of `weigh`; a heavier item goes alone) and
 * answers one result per item, in order. When it throws, every item of that batch rejects with that error; later batches are
 * not affected. A rejected promise among the results rejects its item alone.
 */
export interface Batcher<Item, Result> {
  (item: Item): Promise<Result>
  /** Ends a linger: what waits leaves as soon as no batch is under way. */
  flush(): void
  /** Resolves once everything that was handed in is done, failed or not. */
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
  /** A batch is open for more: until the end of this turn of the event loop, or for as long as it lingers. */
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
        throw new Error(`a batch of ${batch.length} answered ${results.length} results`)
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

  // Callers of the same turn of the event loop (one socket read may carry many requests) share the first batch.
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

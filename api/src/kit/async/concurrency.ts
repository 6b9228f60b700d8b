/**
 * Calls `work` for each item, at most `limit` calls at a time. The results are in the order of the items. If a call
 * rejects, the whole rejects after all calls that have started are done.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!)
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return results
}

import type { KeysetRange } from '../db/keyset.ts'
import type { Context } from './context.ts'
import { createLoader, groupedBy } from './loader.ts'

/** Reads the same range from the lists of several parents. Each list is sorted in the order of the range. */
type ReadPages<Row, Options> = (
  parentIds: readonly string[],
  range: KeysetRange,
  options: Options,
  context: Context,
) => Promise<readonly Row[]>

/**
 * Creates a loader for a paged list that each row of another list has. All these rows request the same range with the
 * same options, so one call of `read` loads all of them. `options` must be JSON: a filter of the list, or null.
 */
export function createPageLoader<Row, Options>(
  read: ReadPages<Row, Options>,
  parentOf: (row: Row) => string,
): (context: Context, parentId: string, options: Options) => (range: KeysetRange) => Promise<Row[]> {
  const loader = createLoader<Row[]>(async (keys, context) => {
    const requests = keys.map((key) => ({ key, ...(JSON.parse(key) as { parentId: string; list: string }) }))
    const pages = new Map<string, Row[]>()
    await Promise.all(
      [...groupedBy(requests, ({ list }) => list)].map(async ([list, group]) => {
        const { range, options } = JSON.parse(list) as { range: KeysetRange; options: Options }
        const parentIds = group.map(({ parentId }) => parentId)
        const rows = groupedBy(await read(parentIds, range, options, context), parentOf)
        for (const { key, parentId } of group) pages.set(key, rows.get(parentId) ?? [])
      }),
    )
    return pages
  })
  return (context, parentId, options) =>
    async ({ afterId, beforeId, take, order }) => {
      const list = JSON.stringify({ range: { afterId, beforeId, take, order }, options })
      // Returns a copy, because the connection removes rows from its page, and the loader returns the same array again.
      return [...((await loader(context).load(JSON.stringify({ parentId, list }))) ?? [])]
    }
}

import type { KeysetRange } from '../db/keyset.ts'
import type { Context } from './context.ts'
import { createLoader, groupedBy } from './loader.ts'

/** Reads a range of the list of each parent, every list sorted by the range's order. */
type ReadPages<Row, Options> = (
  parentIds: readonly string[],
  range: KeysetRange,
  options: Options,
  context: Context,
) => Promise<readonly Row[]>

/**
 * Creates a loader for a paged list of each row of a list. Rows of one list request the same range with the same
 * options, so one `read` serves all of them. `options` are JSON: a filter of the list, or null.
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
      // A copy: the connection takes rows out of its page, and the loader answers the same array twice.
      return [...((await loader(context).load(JSON.stringify({ parentId, list }))) ?? [])]
    }
}

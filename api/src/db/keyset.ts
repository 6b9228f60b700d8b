import { badInput } from '../kit/errors.ts'

/**
 * Paging by keyset over rows with a UUIDv7 key, newest first (Relay cursor connections,
 * https://relay.dev/graphql/connections.htm). A cursor is the key of its row, so it stays good when that row is gone.
 */
export interface PageArgs {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/**
 * The rows with `beforeId < id < afterId` (a bound that is null does not bind), by id in `order`, at most `take`.
 * "After" in a newest-first list is older, hence smaller.
 */
export interface KeysetRange {
  afterId: string | null
  beforeId: string | null
  take: number
  order: 'asc' | 'desc'
}

export interface Page<Row> {
  rows: Row[]
  hasNextPage: () => Promise<boolean> | boolean
  hasPreviousPage: () => Promise<boolean> | boolean
}

export const MAX_PAGE = 200
export const DEFAULT_PAGE = 50

/** First byte of a cursor. Another layout gets another number, and old cursors are then refused in clear words. */
const VERSION = 1

export const encodeCursor = (id: string): string =>
  Buffer.from(`${VERSION.toString(16).padStart(2, '0')}${id.replaceAll('-', '')}`, 'hex').toString('base64url')

/** The row key in a cursor. Throws BAD_USER_INPUT at `path`. */
export function decodeCursor(cursor: string, path: string): string {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length === 17 && bytes[0] === VERSION && bytes.toString('base64url') === cursor)
    return uuid(bytes.toString('hex', 1))
  const came = JSON.stringify(cursor.length > 60 ? `${cursor.slice(0, 60)}…` : cursor)
  throw badInput(
    path,
    `${came} is not a cursor of this list; takes a \`cursor\`, \`startCursor\` or \`endCursor\` that it has answered`,
  )
}

/**
 * Checks the arguments at once (throws BAD_USER_INPUT) and answers the page as a function, so that nothing is read for
 * an operation that only wants the count. `before` without `first` or `last` means the page just before it.
 *
 * `hasNextPage` and `hasPreviousPage` follow the spec: in the direction of paging by a row read in excess; against it by a
 * look for a row at or beyond the cursor, and only when asked for.
 */
export function keysetPage<Row extends { id: string }>(
  args: PageArgs,
  fetch: (range: KeysetRange) => Promise<Row[]>,
): () => Promise<Page<Row>> {
  const first = size(args.first, 'first')
  const last = size(args.last, 'last')
  if (first !== null && last !== null) throw badInput('last', 'takes first or last, not both')
  const afterId = args.after == null ? null : decodeCursor(args.after, 'after')
  const beforeId = args.before == null ? null : decodeCursor(args.before, 'before')
  const backward = last !== null || (first === null && afterId === null && beforeId !== null)
  const count = first ?? last ?? DEFAULT_PAGE

  const exists = async (range: Pick<KeysetRange, 'afterId' | 'beforeId' | 'order'>) =>
    (await fetch({ ...range, take: 1 })).length > 0

  return async () => {
    const rows = await fetch({ afterId, beforeId, take: count + 1, order: backward ? 'asc' : 'desc' })
    const more = rows.length > count
    if (more) rows.pop()
    if (backward) {
      return {
        rows: rows.reverse(),
        hasPreviousPage: () => more,
        hasNextPage: () => beforeId !== null && exists({ afterId: step(beforeId, 1n), beforeId: null, order: 'desc' }),
      }
    }
    return {
      rows,
      hasNextPage: () => more,
      hasPreviousPage: () => afterId !== null && exists({ afterId: null, beforeId: step(afterId, -1n), order: 'asc' }),
    }
  }
}

/** A range in the words of Prisma's client: `{ ...prismaRange(range), where: { AND: [range.where, ...] } }`. */
export const prismaRange = ({ afterId, beforeId, take, order }: KeysetRange) => ({
  where: { id: { ...(afterId && { lt: afterId }), ...(beforeId && { gt: beforeId }) } },
  orderBy: { id: order },
  take,
})

function size(given: number | null | undefined, path: 'first' | 'last'): number | null {
  if (given == null) return null
  if (given >= 1 && given <= MAX_PAGE) return given
  throw badInput(path, `is ${given}; takes 1 to ${MAX_PAGE}`)
}

const uuid = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

/** The key next to `id`, so that an exclusive bound takes in the row of the cursor itself. Null (no bound) beyond the ends. */
function step(id: string, by: 1n | -1n): string | null {
  const next = BigInt(`0x${id.replaceAll('-', '')}`) + by
  return next < 0n || next >> 128n !== 0n ? null : uuid(next.toString(16).padStart(32, '0'))
}

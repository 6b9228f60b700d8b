import { badInput } from '../kit/errors.ts'

/**
 * Keyset pagination, newest rows first (Relay cursor connections, https://relay.dev/graphql/connections.htm). A cursor
 * is the key of its row, so it stays valid after the row has been deleted. In most lists the key is the row's UUIDv7.
 */
export interface PageArgs {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/**
 * The rows with `beforeId < key < afterId` (null: no limit), sorted by key in `order`, at most `take`. The key is the
 * id unless the list has another kind of key. In a list with the newest rows first, "after" means older rows, which
 * have smaller keys.
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

/**
 * A kind of key. A key is a text of hex digits and dashes whose order is that of the list. `version` is the first byte
 * of its cursors, so that a cursor of a list with other keys is refused. `groups` are the numbers of digits between the
 * dashes.
 */
export interface KeyKind {
  version: number
  groups: readonly number[]
}

const UUID_GROUPS = [8, 4, 4, 4, 12]
export const ID_KEY: KeyKind = { version: 1, groups: UUID_GROUPS }
/** The key of lists that are sorted by a time that can change: the time in milliseconds, and the row's UUID. */
export const TIME_KEY: KeyKind = { version: 2, groups: [12, ...UUID_GROUPS] }

export const timeKey = (at: Date, id: string): string => `${at.getTime().toString(16).padStart(12, '0')}-${id}`

/** The parts of a key that `timeKey` has created. */
export const readTimeKey = (key: string): { at: number; id: string } => ({
  at: Number.parseInt(key.slice(0, 12), 16),
  id: key.slice(13),
})

export const encodeCursor = (key: string, { version }: KeyKind = ID_KEY): string =>
  Buffer.from(`${version.toString(16).padStart(2, '0')}${key.replaceAll('-', '')}`, 'hex').toString('base64url')

/** The key that a cursor contains. Throws BAD_USER_INPUT at `path` for an invalid cursor. */
export function decodeCursor(cursor: string, path: string, kind: KeyKind = ID_KEY): string {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length === 1 + sizeOf(kind) / 2 && bytes[0] === kind.version && bytes.toString('base64url') === cursor)
    return grouped(bytes.toString('hex', 1), kind)
  const came = JSON.stringify(cursor.length > 60 ? `${cursor.slice(0, 60)}…` : cursor)
  throw badInput(
    path,
    `${came} is not a cursor of this list; expected a \`cursor\`, \`startCursor\` or \`endCursor\` of one of its pages`,
  )
}

/**
 * Validates the arguments at once (throws BAD_USER_INPUT). Returns a function that reads the page, so that an operation
 * that needs only the count reads no rows. `before` without `first` or `last` means the page just before that cursor.
 *
 * `hasNextPage` and `hasPreviousPage` follow the specification. In the direction of paging, one more row than needed is
 * read to find out. In the other direction a query looks for a row at or beyond the cursor; it runs only if the field
 * is selected.
 */
export function keysetPage<Row extends { id: string }>(
  args: PageArgs,
  fetch: (range: KeysetRange) => Promise<Row[]>,
  kind: KeyKind = ID_KEY,
): () => Promise<Page<Row>> {
  const first = size(args.first, 'first')
  const last = size(args.last, 'last')
  if (first !== null && last !== null) throw badInput('last', 'expected first or last, not both')
  const afterId = args.after == null ? null : decodeCursor(args.after, 'after', kind)
  const beforeId = args.before == null ? null : decodeCursor(args.before, 'before', kind)
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
        hasNextPage: () =>
          beforeId !== null && exists({ afterId: step(beforeId, 1n, kind), beforeId: null, order: 'desc' }),
      }
    }
    return {
      rows,
      hasNextPage: () => more,
      hasPreviousPage: () =>
        afterId !== null && exists({ afterId: null, beforeId: step(afterId, -1n, kind), order: 'asc' }),
    }
  }
}

/** A range as arguments for Prisma: `{ ...prismaRange(range), where: { AND: [range.where, ...] } }`. */
export const prismaRange = ({ afterId, beforeId, take, order }: KeysetRange) => ({
  where: { id: { ...(afterId && { lt: afterId }), ...(beforeId && { gt: beforeId }) } },
  orderBy: { id: order },
  take,
})

function size(count: number | null | undefined, path: 'first' | 'last'): number | null {
  if (count == null) return null
  if (count >= 1 && count <= MAX_PAGE) return count
  throw badInput(path, `is ${count}; expected 1 to ${MAX_PAGE}`)
}

const sizeOf = ({ groups }: KeyKind) => groups.reduce((sum, digits) => sum + digits, 0)

function grouped(hex: string, { groups }: KeyKind): string {
  const parts: string[] = []
  let at = 0
  for (const digits of groups) {
    parts.push(hex.slice(at, at + digits))
    at += digits
  }
  return parts.join('-')
}

/**
 * The next key in one direction, so that an exclusive limit includes the cursor's own row. Null (no limit) if there is
 * no such key.
 */
function step(key: string, by: 1n | -1n, kind: KeyKind): string | null {
  const next = BigInt(`0x${key.replaceAll('-', '')}`) + by
  const size = sizeOf(kind)
  return next < 0n || next >> BigInt(size * 4) !== 0n ? null : grouped(next.toString(16).padStart(size, '0'), kind)
}

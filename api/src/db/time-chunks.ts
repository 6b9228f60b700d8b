import { uuidFloor, uuidTime } from '../kit/ids.ts'
import type { KeysetRange } from './keyset.ts'
import { MINUTE_MS, type TimeRange, timeBounds } from './time-buckets.ts'

/**
 * A list by keyset is read stretch by stretch, in the order of the list, until it has its rows. Each statement then concerns few
 * partitions, which is what planning takes its time for, and rows that are dense are found at once.
 */

const DAY_MS = 1_440 * MINUTE_MS
/** How long the stretches are, the first to be read first; what is left is the last. */
const LENGTHS = [DAY_MS, 3 * DAY_MS, 12 * DAY_MS]
/** For what is looked for by another index than the list's order: what matches in a stretch is read whole, and sorted. */
const SHORT_LENGTHS = [MINUTE_MS, 10 * MINUTE_MS, 2 * 60 * MINUTE_MS, ...LENGTHS]

/** The stretch (ms) that a filter and a range by keyset leave. */
export function timeRangeOf(
  span: { since: number | null; until: number | null },
  { afterId, beforeId }: KeysetRange,
): TimeRange {
  const bounds = timeBounds(span)
  const from = beforeId === null ? bounds.from : Math.max(bounds.from, uuidTime(beforeId))
  const to = afterId === null ? bounds.to : Math.min(bounds.to, uuidTime(afterId) + 1)
  return { from, to: Math.max(from, to) }
}

/** Cuts a stretch into those that are read one after the other. */
export function timeChunks(
  { from, to }: TimeRange,
  order: KeysetRange['order'],
  now: number,
  short = false,
): TimeRange[] {
  const lengths = short ? SHORT_LENGTHS : LENGTHS
  const found: TimeRange[] = []
  if (order === 'desc') {
    let high = to
    // There is next to nothing in the future.
    let low = Math.min(to, Math.ceil(now))
    for (const length of lengths) {
      low -= length
      if (low <= from) break
      found.push({ from: low, to: high })
      high = low
    }
    if (from < high) found.push({ from, to: high })
    return found
  }
  let low = from
  // Where a list without a beginning begins is not known: its first rows are looked for everywhere.
  for (const length of from === 0 ? [] : lengths) {
    if (low + length >= Math.min(to, now)) break
    found.push({ from: low, to: low + length })
    low += length
  }
  if (low < to) found.push({ from: low, to })
  return found
}

/** Hours that are asked for at once. */
export const HOURS_PER_READ = 64

/**
 * The stretches of time in which there may be something that is looked for, in the order of a list: from `totalledTo` on all
 * of it, before that the hours that the totals have it in. `next` answers at most HOURS_AT_ONCE of those, in that order, by their
 * first minutes, of the minutes from `low` to `high`.
 */
export async function* hoursWithRows(
  { from, to }: TimeRange,
  totalledTo: number,
  order: KeysetRange['order'],
  next: (low: number, high: number) => Promise<{ start: number }[]>,
): AsyncGenerator<TimeRange> {
  if (order === 'desc' && totalledTo < to) yield { from: totalledTo, to }
  let low = Math.floor(from / MINUTE_MS / 60) * 60
  let high = Math.ceil(totalledTo / MINUTE_MS)
  while (low < high) {
    const found = await next(low, high)
    for (const { start } of found) {
      const hour = { from: Math.max(from, start * MINUTE_MS), to: Math.min(totalledTo, (start + 60) * MINUTE_MS) }
      if (hour.from < hour.to) yield hour
    }
    const last = found.at(-1)
    if (!last || found.length < HOURS_PER_READ) break
    if (order === 'asc') low = last.start + 60
    else high = last.start
  }
  if (order === 'asc' && totalledTo < to) yield { from: totalledTo, to }
}

/** Reads stretches until there are `take` rows. */
export async function readTimeChunks<Row>(
  stretches: Iterable<TimeRange> | AsyncIterable<TimeRange>,
  take: number,
  read: (stretch: TimeRange, take: number) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for await (const stretch of stretches) {
    rows.push(...(await read(stretch, take - rows.length)))
    if (rows.length >= take) break
  }
  return rows
}

/** The condition that the id in `column` lies in a stretch and a range; `value` appends a parameter and answers its number. */
export function withinTimeRange(
  column: string,
  { from, to }: TimeRange,
  { afterId, beforeId }: KeysetRange,
  value: (given: unknown) => string,
): string {
  return [
    `${column} >= ${value(uuidFloor(from))}::uuid AND ${column} < ${value(uuidFloor(to))}::uuid`,
    ...(afterId === null ? [] : [`${column} < ${value(afterId)}::uuid`]),
    ...(beforeId === null ? [] : [`${column} > ${value(beforeId)}::uuid`]),
  ].join(' AND ')
}

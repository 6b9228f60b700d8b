import { uuidFloor, uuidTime } from '../kit/ids.ts'
import type { KeysetRange } from './keyset.ts'
import { MINUTE_MS } from './time-buckets.ts'
import { type TimeRange, timeBounds } from './time-range.ts'

/**
 * A keyset list is read in time chunks, in the order of the list, until there are enough rows. So each statement reads
 * few partitions, which makes planning fast. If many rows match, the first chunks contain enough of them.
 */

const DAY_MS = 1_440 * MINUTE_MS
/** Lengths of the chunks, in the order of reading. The last chunk is the rest of the range. */
const LENGTHS = [DAY_MS, 3 * DAY_MS, 12 * DAY_MS]
/**
 * Lengths of the chunks for conditions whose index is not in the order of the list. For these, all matches of a chunk
 * are read and sorted.
 */
const SHORT_LENGTHS = [MINUTE_MS, 10 * MINUTE_MS, 2 * 60 * MINUTE_MS, ...LENGTHS]

/** The time range (ms) that both a filter and a keyset range allow. */
export function timeRangeOf(
  span: { since: number | null; until: number | null },
  { afterId, beforeId }: KeysetRange,
): TimeRange {
  const bounds = timeBounds(span)
  const from = beforeId === null ? bounds.from : Math.max(bounds.from, uuidTime(beforeId))
  const to = afterId === null ? bounds.to : Math.min(bounds.to, uuidTime(afterId) + 1)
  return { from, to: Math.max(from, to) }
}

/** Splits a time range into chunks, in the order of reading. */
export function timeChunks(
  { from, to }: TimeRange,
  order: KeysetRange['order'],
  now: number,
  short = false,
): TimeRange[] {
  const lengths = short ? SHORT_LENGTHS : LENGTHS
  const ranges: TimeRange[] = []
  if (order === 'desc') {
    let high = to
    // There are almost no rows in the future, so the first chunk includes that time.
    let low = Math.min(to, Math.ceil(now))
    for (const length of lengths) {
      low -= length
      if (low <= from) break
      ranges.push({ from: low, to: high })
      high = low
    }
    if (from < high) ranges.push({ from, to: high })
    return ranges
  }
  let low = from
  // If the range has no start, the time of the oldest row is unknown, so the range is not split.
  for (const length of from === 0 ? [] : lengths) {
    if (low + length >= Math.min(to, now)) break
    ranges.push({ from: low, to: low + length })
    low += length
  }
  if (low < to) ranges.push({ from: low, to })
  return ranges
}

/** Number of hours that one query returns. */
export const HOURS_PER_READ = 64

/**
 * The time ranges that may contain matching rows, in the order of the list: the hours before `totalledTo` whose totals
 * have matches, and everything from `totalledTo` on. `next` returns the start minutes of at most HOURS_PER_READ of
 * these hours between the minutes `low` and `high`, in the same order.
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
    const hours = await next(low, high)
    for (const { start } of hours) {
      const hour = { from: Math.max(from, start * MINUTE_MS), to: Math.min(totalledTo, (start + 60) * MINUTE_MS) }
      if (hour.from < hour.to) yield hour
    }
    const last = hours.at(-1)
    if (!last || hours.length < HOURS_PER_READ) break
    if (order === 'asc') low = last.start + 60
    else high = last.start
  }
  if (order === 'asc' && totalledTo < to) yield { from: totalledTo, to }
}

/** Reads one chunk after another until there are `take` rows. */
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

/**
 * The condition that the id in `column` is within a time range and a keyset range. `value` adds a parameter and returns
 * its placeholder.
 */
export function withinTimeRange(
  column: string,
  { from, to }: TimeRange,
  { afterId, beforeId }: KeysetRange,
  value: (parameter: unknown) => string,
): string {
  return [
    `${column} >= ${value(uuidFloor(from))}::uuid AND ${column} < ${value(uuidFloor(to))}::uuid`,
    ...(afterId === null ? [] : [`${column} < ${value(afterId)}::uuid`]),
    ...(beforeId === null ? [] : [`${column} > ${value(beforeId)}::uuid`]),
  ].join(' AND ')
}

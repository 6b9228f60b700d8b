export interface DiffRow {
  /** For example "retrySchedule" or "headers.x-team"; empty if the compared values are not objects. */
  path: string
  change: 'same' | 'added' | 'removed' | 'changed'
  before: unknown
  after: unknown
}

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Compares all fields of two JSON values, in the order of the first value. Arrays are compared as a whole. */
export function diffOf(before: unknown, after: unknown, path = ''): DiffRow[] {
  const [one, other] = [isObject(before) ? before : null, isObject(after) ? after : null]
  if ((one || isMissing(before)) && (other || isMissing(after)) && (one || other)) {
    const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])
    return [...keys].flatMap((key) => diffOf(one?.[key], other?.[key], path ? `${path}.${key}` : key))
  }
  const change = isSame(before, after)
    ? 'same'
    : before === undefined
      ? 'added'
      : after === undefined
        ? 'removed'
        : 'changed'
  return [{ path, change, before, after }]
}

const isMissing = (value: unknown): boolean => value === undefined || value === null

/** Whether two JSON values are equal, whatever the order of their keys. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => isSame(value, other[index]))
  if (!isObject(one) || !isObject(other)) return false
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && isSame(one[key], other[key]))
}

/** Numbers and times as people read them. */

export const events = (count: number): string => (count === 1 ? '1 event' : `${count.toLocaleString('en-US')} events`)

/** 90 -> "90 s", 300 -> "5 min", 5400 -> "90 min", 14400 -> "4 h". */
export function duration(seconds: number): string {
  const units: [length: number, name: string][] = [
    [86_400, 'days'],
    [3_600, 'h'],
    [60, 'min'],
  ]
  for (const [length, name] of units)
    if (seconds >= 2 * length && seconds % length === 0) return `${seconds / length} ${name}`
  if (seconds === 86_400) return '24 h'
  if (seconds === 3_600) return '1 h'
  if (seconds % 60 === 0) return `${seconds / 60} min`
  return `${seconds} s`
}

/** 2026-03-01 12:00:05 UTC */
export const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Formats numbers and times for people. */

export const events = (count: number): string => (count === 1 ? '1 event' : `${count.toLocaleString('en-US')} events`)

export const moreEvents = (count: number): string => events(count).replace(' ', ' more ')

/** 90 -> "90 s", 300 -> "5 min", 5400 -> "90 min", 3600 -> "1 h", 86400 -> "24 h". */
export function duration(seconds: number): string {
  const units: [length: number, name: string][] = [
    [86_400, 'days'],
    [3_600, 'h'],
    [60, 'min'],
  ]
  if (seconds === 60) return '1 min'
  if (seconds === 3_600) return '1 h'
  for (const [length, name] of units)
    if (seconds >= 2 * length && seconds % length === 0) return `${seconds / length} ${name}`
  return `${seconds} s`
}

/** 2026-03-01 12:00:05 UTC */
export const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

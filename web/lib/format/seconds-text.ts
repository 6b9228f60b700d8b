const UNITS = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 } as const

/** Formats seconds in the largest unit without a remainder: "30 s", "5 min", "2 h", "7 d". */
export function secondsText(seconds: number): string {
  for (const unit of ['d', 'h', 'min'] as const)
    if (seconds >= UNITS[unit] && seconds % UNITS[unit] === 0) return `${seconds / UNITS[unit]} ${unit}`
  return `${seconds} s`
}

/** Parses a text such as "5 min" into seconds; null if the text is invalid. A number without a unit is in seconds. */
export function parseSeconds(text: string): number | null {
  const match = /^\s*(\d{1,9})\s*(s|m|min|h|d)?\s*$/i.exec(text)
  if (!match) return null
  const unit = (match[2]?.toLowerCase() ?? 's') as keyof typeof UNITS
  return Number(match[1]) * UNITS[unit]
}

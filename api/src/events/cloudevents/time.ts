const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/i

/**
 * Parses an RFC 3339 timestamp and truncates it to milliseconds. A leap second becomes the second before it. Null for
 * malformed input and for dates that do not exist; Date.parse would convert such a date to one in the next month.
 */
export function parseTimestamp(text: string): Date | null {
  const match = RFC_3339.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, zoneHour = '0', zoneMinute = '0'] = match
  if (+month! < 1 || +month! > 12 || +day! < 1 || +day! > daysOf(+year!, +month!)) return null
  if (+hour! > 23 || +minute! > 59 || +second! > 60 || +zoneHour > 23 || +zoneMinute > 59) return null
  const whole = second === '60' ? `${text.slice(0, 17)}59${text.slice(19)}` : text
  const ms = Date.parse(whole.toUpperCase())
  return Number.isNaN(ms) ? null : new Date(ms)
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const daysOf = (year: number, month: number): number =>
  month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : DAYS[month - 1]!

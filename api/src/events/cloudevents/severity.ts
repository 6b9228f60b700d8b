import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/**
 * All severity names that are accepted: AetherLink's, those of OpenTelemetry (which the CloudEvents severity extension
 * recommends) and those of syslog (RFC 5424).
 */
const NAMES = new Map<string, Severity>([
  ['TRACE', 'INFO'],
  ['DEBUG', 'INFO'],
  ['INFO', 'INFO'],
  ['INFORMATION', 'INFO'],
  ['INFORMATIONAL', 'INFO'],
  ['NOTICE', 'INFO'],
  ['WARN', 'WARNING'],
  ['WARNING', 'WARNING'],
  ['ERR', 'ERROR'],
  ['ERROR', 'ERROR'],
  ['CRIT', 'CRITICAL'],
  ['CRITICAL', 'CRITICAL'],
  ['FATAL', 'CRITICAL'],
  ['ALERT', 'CRITICAL'],
  ['PANIC', 'CRITICAL'],
  ['EMERG', 'CRITICAL'],
  ['EMERGENCY', 'CRITICAL'],
])

/**
 * Converts a severity name, in upper or lower case. OpenTelemetry's WARN2 to WARN4 have the same meaning as WARN. Null
 * for an unknown name.
 */
export function severityOfText(text: string): Severity | null {
  const name = text.toUpperCase()
  return NAMES.get(name) ?? NAMES.get(name.replace(/(?<=[A-Z])[2-4]$/, '')) ?? null
}

/**
 * Converts OpenTelemetry's SeverityNumber: 1 to 8 is trace and debug, 9 to 12 info, 13 to 16 warn, 17 to 20 error, 21
 * to 24 fatal. Null for any other number, including 0 ("unspecified").
 */
export function severityOfNumber(text: string): Severity | null {
  const number = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 24) return null
  if (number <= 12) return 'INFO'
  if (number <= 16) return 'WARNING'
  return number <= 20 ? 'ERROR' : 'CRITICAL'
}

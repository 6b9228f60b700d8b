import { type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on stdout. Secrets are redacted by key, wherever an object that holds one is logged. */
export function createLog(level: string, service: string): Log {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['secret', '*.secret', 'authorization', '*.authorization', 'headers.cookie', 'password', '*.password'],
      censor: '[redacted]',
    },
  })
}

import { type DestinationStream, type Logger, pino } from 'pino'

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

/** Of lines that nobody takes, so many bytes wait; further ones are left out. */
const MAX_WAITING = 4 * 1024 * 1024
const FLUSH_MS = 250

/**
 * The log of requests, on stdout too. Lines are collected and written together, at the latest after a quarter of a second or when the
 * process ends: a write for each would cost more than the line. What is collected is lost when the process is killed.
 */
export function createRequestLog(level: string, service: string, out: DestinationStream = collectedStdout()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: { service }, timestamp: () => `,"ts":"${new Date().toISOString()}"`, formatters }, out)
}

function collectedStdout(): DestinationStream {
  // Writes of up to PIPE_BUF bytes (pipe(7)) are not torn by those of the other log to the same pipe.
  const out = pino.destination({ dest: 1, sync: false, minLength: 4095, maxWrite: 4096, maxLength: MAX_WAITING })
  setInterval(() => out.flush(), FLUSH_MS).unref()
  return out
}

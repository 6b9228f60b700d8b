import { type DestinationStream, type Logger, pino } from 'pino'
import { sourceStack } from './source-stack.ts'

export type Log = Logger

/** Writes JSON lines to stdout. Secrets are redacted by key, in every object that contains one. */
export function createLog(level: string, service: string): Log {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: withSourceStack },
    redact: {
      paths: ['secret', '*.secret', 'authorization', '*.authorization', 'headers.cookie', 'password', '*.password'],
      censor: '[redacted]',
    },
  })
}

/** An error as pino writes it, its stack trace in terms of the sources. */
function withSourceStack(error: Error): unknown {
  const written = pino.stdSerializers.err(error)
  if (typeof written?.stack === 'string') written.stack = sourceStack(written.stack)
  return written
}

/** Maximum bytes of lines that wait for a slow reader; further lines are dropped. */
const MAX_WAITING = 4 * 1024 * 1024
const FLUSH_MS = 250

/**
 * The request log, also on stdout. Lines are buffered and written together, at the latest after 250 ms or at process
 * exit: one write per line would cost more than the line itself. Buffered lines are lost if the process is killed.
 */
export function createRequestLog(level: string, service: string, out: DestinationStream = collectedStdout()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: { service }, timestamp: () => `,"ts":"${new Date().toISOString()}"`, formatters }, out)
}

function collectedStdout(): DestinationStream {
  // Writes of up to PIPE_BUF bytes (pipe(7)) are not interleaved with those of the other log on the same pipe.
  const out = pino.destination({ dest: 1, sync: false, minLength: 4095, maxWrite: 4096, maxLength: MAX_WAITING })
  setInterval(() => out.flush(), FLUSH_MS).unref()
  return out
}

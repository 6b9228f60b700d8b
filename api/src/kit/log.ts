import { type DestinationStream, type Logger, pino } from 'pino'
import { sourceStack } from './process/source-stack.ts'

export type Log = Logger

/** Creates a log that writes JSON lines to stdout. Secrets are redacted by their key, in every object. */
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

/** An error as pino writes it, but with positions in the TypeScript sources in its stack trace. */
function withSourceStack(error: Error): unknown {
  const written = pino.stdSerializers.err(error)
  if (typeof written?.stack === 'string') written.stack = sourceStack(written.stack)
  return written
}

/** Maximum number of bytes that wait for a slow reader. Beyond this, lines are dropped. */
const MAX_WAITING = 4 * 1024 * 1024
const FLUSH_MS = 250

/**
 * Creates the request log, which also writes to stdout. Lines are buffered and written together after at most 250 ms or
 * when the process exits, because one write per line would cost more than the line itself. If the process is killed,
 * buffered lines are lost.
 */
export function createRequestLog(level: string, service: string, out: DestinationStream = collectedStdout()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: { service }, timestamp: () => `,"ts":"${new Date().toISOString()}"`, formatters }, out)
}

function collectedStdout(): DestinationStream {
  // Both logs write to the same pipe. Writes of at most PIPE_BUF bytes (pipe(7)) are not mixed with each other.
  const out = pino.destination({ dest: 1, sync: false, minLength: 4095, maxWrite: 4096, maxLength: MAX_WAITING })
  setInterval(() => out.flush(), FLUSH_MS).unref()
  return out
}

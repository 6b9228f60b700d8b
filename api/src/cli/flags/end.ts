import type { Command } from 'commander'
import { usage } from '../session/failure.ts'
import { durationMs, later } from './parsers.ts'

/** When something ends: a duration in milliseconds, or an instant in RFC 3339. */
export interface EndOptions {
  for?: number
  until?: string
}

/** Adds the options --for and --until, of which `endFrom` expects one. */
export const addEnd = (command: Command): Command =>
  command
    .option('--for <DURATION>', 'duration, such as 30m, 2h or 1d', durationMs)
    .option('--until <TIME>', 'instant of the end, such as 2026-01-31T08:00:00Z, instead of --for', later)

/**
 * The end that --for or --until names, in RFC 3339. A duration counts from `begin`, in milliseconds since 1970. Throws
 * Failure unless exactly one of them is given.
 */
export function endFrom({ for: duration, until }: EndOptions, begin = Date.now()): string {
  if (duration !== undefined && until === undefined) return new Date(begin + duration).toISOString()
  if (until !== undefined && duration === undefined) return until
  throw usage('give either --for or --until', '--for')
}

import { z } from 'zod'
import type { ProbeFinding } from '../decide/assess.ts'
import { NEW_TARGET, type TargetState } from '../decide/state.ts'

/**
 * The data about the present run of a target's container that is stored between two checks, besides the target's state.
 */
export interface RunMemory {
  containerId: string | null
  /**
   * When the container's present run began, as Docker writes it, and when it was first seen (`runSeenAt`,
   * milliseconds).
   */
  startedAt: string | null
  runSeenAt: number
  /** The newest result of the health URL in this run. */
  probe: ProbeFinding | null
  /** Names what ended the run that ended at `finishedAt`. */
  ending: { finishedAt: number; by: 'itself' | 'hand' | 'engine' | 'unknown' } | null
  /** When Docker was last called to restart the container. If the container ended after that, the healer caused it. */
  sentAt: number | null
}

export interface Memory {
  state: TargetState
  run: RunMemory
}

export const NEW_RUN: RunMemory = {
  containerId: null,
  startedAt: null,
  runSeenAt: 0,
  probe: null,
  ending: null,
  sentAt: null,
}

const time = z.number()
const states = [
  'HEALTHY',
  'STARTING',
  'UNHEALTHY',
  'HEALING',
  'BACKING_OFF',
  'FLAPPING',
  'GIVEN_UP',
  'MAINTENANCE',
  'MISSING',
] as const

const stored = z.object({
  state: z.object({
    state: z.enum(states),
    reason: z.string().nullable(),
    consecutiveFailures: z.number(),
    isDown: z.boolean(),
    wellSince: time.nullable(),
    restarts: z.array(time),
    streak: z.number(),
    nextActionAt: time.nullable(),
    falls: z.array(time),
    maintenanceUntil: time.nullable(),
    healing: z
      .object({
        attemptId: z.string(),
        phase: z.enum(['restarting', 'verifying']),
        deadline: time,
        error: z.string().nullable(),
      })
      .nullable(),
    followUp: z.object({ attemptId: z.string(), dueAt: time }).nullable(),
    suppressed: z.string().nullable(),
    // Missing if an earlier version stored the memory.
    givenUp: z.object({ restarts: z.number(), remindAt: time }).nullable().default(null),
  }),
  run: z.object({
    containerId: z.string().nullable(),
    startedAt: z.string().nullable(),
    runSeenAt: time,
    probe: z
      .discriminatedUnion('ok', [
        z.object({ ok: z.literal(true), doubt: z.string().optional() }),
        z.object({ ok: z.literal(false), error: z.string() }),
      ])
      .nullable(),
    ending: z.object({ finishedAt: time, by: z.enum(['itself', 'hand', 'engine', 'unknown']) }).nullable(),
    sentAt: time.nullable(),
  }),
})

/**
 * Parses a stored memory. One that another version has stored and this version cannot read is replaced by a new one.
 */
export function readMemory(json: unknown): Memory {
  const parsed = stored.safeParse(json)
  return parsed.success ? parsed.data : { state: NEW_TARGET, run: NEW_RUN }
}

import { z } from 'zod'
import { NEW_TARGET, type TargetState } from '../decide/state.ts'

/** The facts about the present run of a target's container that are stored between two checks, beside its state. */
export interface RunMemory {
  containerId: string | null
  /** The present run of the container, and when it was first seen, in milliseconds. */
  startedAt: string | null
  runSeenAt: number
  /** The newest result of the health URL in this run. */
  probe: { ok: true } | { ok: false; error: string } | null
  /** The party that ended the run that ended at `finishedAt`. */
  ending: { finishedAt: number; by: 'itself' | 'hand' | 'engine' | 'unknown' } | null
  /** When Docker was last called to restart it. The healer, not a person, caused an end after that. */
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
  }),
  run: z.object({
    containerId: z.string().nullable(),
    startedAt: z.string().nullable(),
    runSeenAt: time,
    probe: z
      .discriminatedUnion('ok', [
        z.object({ ok: z.literal(true) }),
        z.object({ ok: z.literal(false), error: z.string() }),
      ])
      .nullable(),
    ending: z.object({ finishedAt: time, by: z.enum(['itself', 'hand', 'engine', 'unknown']) }).nullable(),
    sentAt: time.nullable(),
  }),
})

/** A memory as it is stored. A memory of another version that cannot be read is replaced by a new one. */
export function readMemory(json: unknown): Memory {
  const parsed = stored.safeParse(json)
  return parsed.success ? parsed.data : { state: NEW_TARGET, run: NEW_RUN }
}

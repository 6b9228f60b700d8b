import type { z } from 'zod'

/**
 * A job is a name, a schema and a function; its payload holds ids, never data. Redis only makes work start sooner:
 * the work behind every job can be found again in Postgres. Adding a job may therefore fail without loss, and never
 * waits for an unavailable Redis.
 */
export interface JobKind<Payload> {
  name: string
  payload: z.ZodType<Payload>
}

export interface AddOptions<Payload> {
  delayMs?: number
  /** A job whose id is already waiting or running is not added again. */
  idOf?: (payload: Payload) => string
}

export interface JobOptions<Payload> {
  /** Maximum number of concurrent jobs in this process. */
  concurrency: number
  /**
   * Runs one job. `lockLost` aborts when another worker may have been given the same job: Redis was emptied, or this process stood still
   * for longer than its lock lasts (3 s). It does not abort while Redis is unavailable.
   */
  run: (payload: Payload, lockLost: AbortSignal) => Promise<void>
  /** Called after a run, when its id can be added again. */
  onEnd?: (payload: Payload) => void
}

/** Statistics of a queue or of periodic work. */
export interface JobStats {
  kind: string
  waiting: number
  active: number
  delayed: number
  /** Age of the oldest waiting job; null if none waits. */
  oldestWaitingMs: number | null
  /** Failed runs on all workers since Redis was last emptied. */
  failures: number
  /** Time since the last successful run of periodic work; null for other kinds. */
  sinceSuccessMs: number | null
}

export interface EveryOptions {
  /** Runs the work on every worker instead of on one: for work on process memory, and for recovery without Redis. */
  onEveryWorker?: boolean
}

export interface Jobs {
  /** Whether Redis currently accepts commands. */
  isReady(): boolean
  /**
   * Adds a job. Returns false if Redis is unavailable; the sweep then finds the work. Never throws and never waits
   * for a reconnect.
   */
  add<Payload>(kind: JobKind<Payload>, payloads: readonly Payload[], options?: AddOptions<Payload>): Promise<boolean>
  /** Starts consuming. A job whose payload violates its schema is dropped and logged. */
  process<Payload>(kind: JobKind<Payload>, options: JobOptions<Payload>): void
  /**
   * Runs periodic work on one of many workers. Every `intervalMs`, each worker adds a job with the id `kind:tick`;
   * the tick number is derived from the time, and Bull keeps the first job. Unlike Bull's repeatable jobs, this
   * survives FLUSHALL. While Redis is unavailable, each worker runs the work itself, and a slow run may overlap the
   * next one on another worker; work that must not overlap takes a lock in Postgres. A failed run is logged and
   * repeated at the next tick. Call it once per kind. Returns a function that stops the schedule and waits for a
   * running call.
   */
  every(kind: string, intervalMs: number, run: () => Promise<void>, options?: EveryOptions): () => Promise<void>
  /** Statistics of all kinds of the installation. Throws if Redis is unavailable. */
  stats(): Promise<JobStats[]>
  /** Stops accepting jobs; running jobs continue. */
  pause(): Promise<void>
  /**
   * Stops accepting jobs, waits for running ones and closes the connections. It does not wait for an unresponsive
   * Redis.
   */
  close(): Promise<void>
}

import type { z } from 'zod'

/**
 * A job is a name, a schema and a function; its payload is ids, never data. Redis only makes work start sooner: whatever a job stands
 * for can be found again in Postgres, so adding one may fail without loss, and never makes its caller wait for a Redis that
 * is unavailable.
 */
export interface JobKind<Payload> {
  name: string
  payload: z.ZodType<Payload>
}

export interface AddOptions<Payload> {
  delayMs?: number
  /** A job whose id exists already, waiting or running, is not added again. */
  idOf?: (payload: Payload) => string
}

export interface JobOptions<Payload> {
  /** Jobs at once in this process. */
  concurrency: number
  /**
   * Runs one job. `lockLost` aborts when another worker may have been given the same job: Redis was emptied, or this process stood still
   * for longer than its lock lasts (3 s). It does not abort while Redis is unavailable.
   */
  run: (payload: Payload, lockLost: AbortSignal) => Promise<void>
  /** Called after a run, once its id may be added again. */
  onEnd?: (payload: Payload) => void
}

/** How much work waits in a queue, or what periodic work has done. */
export interface JobStats {
  kind: string
  waiting: number
  active: number
  delayed: number
  /** Age of the job that has waited longest; null when none waits. */
  oldestWaitingMs: number | null
  /** Failed runs of all workers since Redis was last emptied. */
  failures: number
  /** Time since the last successful run of periodic work; null for other kinds. */
  sinceSuccessMs: number | null
}

export interface EveryOptions {
  /** Every worker runs the work, not one of many: for work on what a process holds in memory, and for recovery without Redis. */
  onEveryWorker?: boolean
}

export interface Jobs {
  /** Whether Redis takes commands at this moment. */
  isReady(): boolean
  /** Enqueues; false when Redis is unavailable (the sweep will find the work). Never throws, never waits for a reconnect. */
  add<Payload>(kind: JobKind<Payload>, payloads: readonly Payload[], options?: AddOptions<Payload>): Promise<boolean>
  /** Starts consuming. A job with a payload that does not fit its schema is dropped and logged. */
  process<Payload>(kind: JobKind<Payload>, options: JobOptions<Payload>): void
  /**
   * Runs periodic work on one worker of many: every `intervalMs` each worker adds a job with the id `kind:tick`, where the number of the
   * tick follows from the time, and Bull keeps the first. Unlike Bull's repeatable jobs this survives FLUSHALL. While Redis is
   * unavailable each worker runs the work itself, and a slow run may overlap the next one on another worker: work that must not
   * run twice at once takes a lock in Postgres. A failed run is logged; the next tick tries again. Call it once per kind. Returns the
   * function that ends it and waits for a run under way.
   */
  every(kind: string, intervalMs: number, run: () => Promise<void>, options?: EveryOptions): () => Promise<void>
  /** Every kind of the installation. Throws when Redis is unavailable. */
  stats(): Promise<JobStats[]>
  /** Takes no more jobs; those under way go on. */
  pause(): Promise<void>
  /** Takes no more jobs, waits for those under way and closes the connections. A Redis that does not answer is not waited for. */
  close(): Promise<void>
}

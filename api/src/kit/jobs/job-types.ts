import type { z } from 'zod'

/**
 * A kind of job has a name and a schema for its payload. A payload contains ids, never data. Redis only makes work
 * start sooner: the work of every job can also be found in PostgreSQL. So adding a job may fail without loss, and never
 * waits for Redis when it is unavailable.
 */
export interface JobKind<Payload> {
  name: string
  payload: z.ZodType<Payload>
}

export interface AddOptions<Payload> {
  delayMs?: number
  /** The id of a job. A job is not added if one with its id is waiting or running. */
  idOf?: (payload: Payload) => string
}

export interface JobOptions<Payload> {
  /** Maximum number of jobs that this process runs at the same time. */
  concurrency: number
  /**
   * Runs one job. `lockLost` aborts when another worker may have got the same job, because Redis has lost its data or
   * this process was suspended for longer than its lock lasts (3 s). It does not abort while Redis is unavailable.
   */
  run: (payload: Payload, lockLost: AbortSignal) => Promise<void>
  /** Called after a run, when a job with the same id can be added again. */
  onEnd?: (payload: Payload) => void
}

/** Statistics of a queue or of one kind of periodic work. */
export interface JobStats {
  kind: string
  waiting: number
  active: number
  delayed: number
  /** How long the oldest waiting job has waited; null if none waits. */
  oldestWaitingMs: number | null
  /** Number of runs that have failed on all workers since Redis last lost its data. */
  failures: number
  /** Time since the last successful run; null unless it is periodic work. */
  sinceSuccessMs: number | null
}

export interface EveryOptions {
  /**
   * Runs the work on every worker, not only on one. Needed for work that concerns the memory of a process, and for
   * recovery without Redis.
   */
  onEveryWorker?: boolean
}

export interface Jobs {
  /** Whether Redis accepts commands now. */
  isReady(): boolean
  /**
   * Adds a job. Returns false if Redis is unavailable; the sweep finds the work later. Never throws and never waits for
   * a reconnect.
   */
  add<Payload>(kind: JobKind<Payload>, payloads: readonly Payload[], options?: AddOptions<Payload>): Promise<boolean>
  /** Starts to run jobs. A job whose payload does not match its schema is logged and dropped. */
  process<Payload>(kind: JobKind<Payload>, options: JobOptions<Payload>): void
  /**
   * Runs periodic work on one of several workers. Every `intervalMs` each worker adds a job with the id `kind:tick`.
   * The number of the tick is computed from the time, so all workers use the same id and Bull keeps only the first job.
   * Unlike Bull's repeatable jobs, this also works after FLUSHALL. While Redis is unavailable, each worker runs the
   * work itself. A slow run may overlap with the next run on another worker; work for which that is a problem must use
   * a lock in PostgreSQL. A failed run is logged and repeated at the next tick. May be called only once per kind.
   * Returns a function that stops the schedule and waits for a run in progress.
   */
  every(kind: string, intervalMs: number, run: () => Promise<void>, options?: EveryOptions): () => Promise<void>
  /** Statistics of all kinds of jobs in the installation. Throws if Redis is unavailable. */
  stats(): Promise<JobStats[]>
  /** Stops starting jobs. Running jobs continue. */
  pause(): Promise<void>
  /**
   * Stops starting jobs, waits for running ones and closes the connections. Does not wait for Redis if it does not
   * respond.
   */
  close(): Promise<void>
}

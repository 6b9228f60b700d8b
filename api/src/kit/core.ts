import type { Redis } from 'ioredis'
import type { Env } from '../env.ts'
import type { Db } from './db.ts'
import type { Jobs } from './jobs.ts'
import type { Log } from './log.ts'
import type { PubSub } from './pubsub.ts'

/** What every feature may use, made once per process. Time and chance are injected so that tests decide them. */
export interface Core {
  env: Env
  log: Log
  /** A line for each request, written when there are some. */
  requestLog: Log
  db: Db
  redis: Redis
  pubsub: PubSub
  jobs: Jobs
  clock: Clock
  random: () => number
}

/** Milliseconds since the epoch. */
export type Clock = () => number

/** Duration of a job's lock in Redis without a renewal. */
export const LOCK_MS = 3_000
const RENEW_MS = 1_000

/** The part of a Bull job that its lock needs. */
interface LockedJob {
  /** Returns 1, or 0 if this process no longer holds the lock. */
  extendLock(durationMs: number): Promise<number>
}

interface Holder {
  job: LockedJob
  lock: AbortController
  /** Resolves at the end of the run. */
  ended: Promise<void>
}

/**
 * Renews the locks of the jobs that run in this process. The locks of a process that has died expire, and Bull gives its jobs to
 * another worker: within LOCK_MS and two of Bull's checks, which are a second apart.
 *
 * An error does not count as a lost lock: while Redis is unavailable no worker can be given a job, and the next renewal finds out.
 */
export class LockKeeper {
  /** The latest run of each job. */
  private readonly holders = new Map<string, Holder>()
  private timer: NodeJS.Timeout | undefined

  /**
   * Runs `work` while the job's lock is renewed. `lockLost` aborts when another worker may hold the lock.
   *
   * A job whose lock was lost may be given to the same process again while its first run still ends. All locks of a process carry the same
   * token, so finishing the first run would finish the second one's job: the first run ends no earlier than the second.
   */
  async hold(id: string, job: LockedJob, work: (lockLost: AbortSignal) => Promise<void>): Promise<void> {
    const lock = new AbortController()
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const holder = { job, lock, ended }
    this.holders.set(id, holder)
    this.timer ??= setInterval(() => this.renew(), RENEW_MS)
    try {
      await work(lock.signal)
    } finally {
      for (let newest = this.holders.get(id); newest && newest !== holder; newest = this.holders.get(id))
        await newest.ended
      this.holders.delete(id)
      end()
      if (this.holders.size === 0) this.close()
    }
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private renew(): void {
    for (const [id, { job, lock }] of this.holders) {
      if (lock.signal.aborted) continue
      job.extendLock(LOCK_MS).then(
        (extended) => {
          if (!extended && this.holders.get(id)?.lock === lock) lock.abort()
        },
        () => {},
      )
    }
  }
}

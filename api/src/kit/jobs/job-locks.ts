/** How long the lock of a job lasts in Redis if it is not renewed. */
export const LOCK_MS = 3_000
const RENEW_MS = 1_000

/** The part of a Bull job that is needed to renew its lock. */
interface LockedJob {
  /** Returns 1, or 0 if this process has lost the lock. */
  extendLock(durationMs: number): Promise<number>
}

interface Holder {
  job: LockedJob
  lock: AbortController
  /** Resolves when the run has ended. */
  ended: Promise<void>
}

/**
 * Renews the locks of the jobs that run in this process. If a process dies, its locks expire, and Bull gives the jobs
 * to another worker. This takes at most LOCK_MS and two of Bull's checks, which are a second apart.
 *
 * If a renewal fails with an error, the lock does not count as lost. While Redis is unavailable no other worker can get
 * the job, and the next renewal shows whether the lock is lost.
 */
export class LockKeeper {
  /** The newest run of each job. */
  private readonly holders = new Map<string, Holder>()
  private timer: NodeJS.Timeout | undefined

  /**
   * Runs `work` and renews the lock of its job meanwhile. `lockLost` aborts when another worker may have the lock.
   *
   * A job that has lost its lock may come to the same process again before its first run has ended. All locks of a
   * process have the same token, so the end of the first run would finish the job of the second run. So the first run
   * waits until the second one has ended.
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

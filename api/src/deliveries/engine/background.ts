import type { Log } from '../../kit/log.ts'

/**
 * Runs work that no request waits for. If it fails, the error is logged, and the sweep finds the affected deliveries.
 */
export class Background {
  private readonly log: Log
  private readonly tasks = new Set<Promise<void>>()

  constructor(log: Log) {
    this.log = log
  }

  get isIdle(): boolean {
    return this.tasks.size === 0
  }

  run(name: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) =>
        this.log.warn({ err: error }, `${name} failed; the sweep recovers the affected deliveries`),
      )
      .finally(() => this.tasks.delete(task))
    this.tasks.add(task)
  }

  /** Resolves when the work that runs now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.tasks)
  }

  /** Resolves when no work is running. Work may start other work, which is waited for too. */
  async idle(): Promise<void> {
    while (this.tasks.size > 0) await Promise.all(this.tasks)
  }
}

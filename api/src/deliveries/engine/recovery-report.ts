import type { AppContext } from '../../app-context.ts'
import type { Publisher } from '../../events/publish/publish.ts'

/** Interval of the reports. All recoveries of a worker within an interval are one event. */
const REPORT_MS = 15_000

/** Counts the lost deliveries that this worker recovered, and publishes the number as an event. */
export interface RecoveryReport {
  note(this: void, deliveries: number): void
  start(): void
  /** Publishes the number that has not been published yet. */
  flush(): void
}

export function createRecoveryReport(core: AppContext, publisher: Publisher): RecoveryReport {
  let count = 0
  const flush = () => {
    if (count === 0) return
    publisher.announce('aetherlink', {
      type: 'ops.deliveries.recovered',
      severity: 'WARNING',
      tenantId: null,
      payload: { count },
    })
    count = 0
  }
  return {
    note(deliveries) {
      count += deliveries
    },
    start() {
      core.jobs.every('deliveries.recovery-report', REPORT_MS, async () => flush(), { onEveryWorker: true })
    },
    flush,
  }
}

import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { wake } from './backlog.ts'
import { LaneJobs } from './lane/lane-jobs.ts'

/** A delivery that may be due: its id, its number of attempts, and its webhook. */
export type Rung = [id: string, attempts: number, webhookId: string]

/** Maximum number of deliveries per message. */
const PER_MESSAGE = 1_000

/**
 * Notifies the workers of new deliveries. The owners of the webhooks' lanes get a Redis message. For each webhook whose
 * lane may have no owner, a job is added. If a message is lost, the sweep finds the delivery later.
 */
export class Bell {
  private readonly core: AppContext
  private readonly lanes: LaneJobs

  constructor(core: AppContext) {
    this.core = core
    this.lanes = new LaneJobs(core.jobs)
  }

  /** Never rejects. If Redis does not accept a message, the next sweep finds the deliveries. */
  async ring(deliveries: readonly Rung[]): Promise<void> {
    if (deliveries.length === 0) return
    const sent: Promise<boolean>[] = []
    for (let i = 0; i < deliveries.length; i += PER_MESSAGE) {
      const message = JSON.stringify(deliveries.slice(i, i + PER_MESSAGE))
      sent.push(this.core.pubsub.publish(CHANNELS.bell, message))
    }
    sent.push(this.lanes.open(new Set(deliveries.map(([, , webhookId]) => webhookId))))
    const isHeard = (await Promise.all(sent)).every(Boolean)
    if (isHeard) return
    await wake(
      this.core,
      deliveries.map(([id]) => id),
    ).catch((error: unknown) =>
      this.core.log.warn(
        { err: error, deliveries: deliveries.length },
        'new deliveries were not announced; a later sweep will find them',
      ),
    )
  }
}

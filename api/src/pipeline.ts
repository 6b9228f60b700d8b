import { createRateLimiter, type RateLimiter } from './access/rate-limiter.ts'
import { createEvaluationHandOff } from './alerts/evaluation/hand-off.ts'
import { createRuleMatcher } from './alerts/matching/rule-matcher.ts'
import { EXPIRING_ALERTS } from './alerts/retention.ts'
import type { AppContext } from './app-context.ts'
import { createDenials, type Denials, tenantOfDenial, type Violation } from './audit/denials.ts'
import type { ExpiringTable } from './db/expiring-table.ts'
import { BulkReplayRunner } from './deliveries/bulk-replay/runner.ts'
import { Bell, type Rung } from './deliveries/engine/bell.ts'
import { DeliveryEngine } from './deliveries/engine/engine.ts'
import { createRecoveryReport } from './deliveries/engine/recovery-report.ts'
import { Sweep } from './deliveries/engine/sweep.ts'
import { createFanOut } from './deliveries/fan-out.ts'
import { deliveriesChanged } from './deliveries/live/changes.ts'
import type { OnAttempt } from './deliveries/metrics.ts'
import { type Catalogue, createCatalogue } from './events/catalogue/catalogue.ts'
import { createUndeclaredTypes } from './events/catalogue/undeclared-types.ts'
import { createAppend } from './events/publish/append.ts'
import type { AppendHooks, NewMatch } from './events/publish/append-hooks.ts'
import { createPublisher, type Publisher } from './events/publish/publish.ts'
import { createPublishInTransaction, type PublishInTransaction } from './events/publish/publish-in-transaction.ts'
import { publicId } from './kit/ids.ts'
import { CHANNELS } from './kit/pubsub.ts'
import { createRetentionWorker, type RetentionWorker } from './retention/retention-worker.ts'
import { parsePolicy } from './webhooks/send/address-guard.ts'
import { createSender, type Sender } from './webhooks/send/send.ts'
import { createTargets } from './webhooks/target.ts'

/** The publishing half of the pipeline, which every process has. */
export interface Pipeline {
  publisher: Publisher
  rateLimiter: RateLimiter
  publishInTransaction: PublishInTransaction
  catalogue: Catalogue
  sender: Sender
  denials: Denials
  /** Waits for running work to end. Requests to receivers get at most `limitMs`. */
  close(limitMs?: number): Promise<void>
}

/** The delivering half of the pipeline, which only workers have. */
export interface Delivering {
  engine: DeliveryEngine
  sweep: Sweep
  start(): void
  stop(limitMs: number): Promise<void>
}

/**
 * Connects the stages that follow an append. The append transaction also stores the deliveries. After the commit, the
 * feed is notified and the bell wakes the workers. These messages contain only ids. If one is lost, the sweep and the
 * feed's tick find the rows anyway.
 */
export function createPipeline(core: AppContext): Pipeline {
  const catalogue = createCatalogue(core)
  const seen = createUndeclaredTypes(core)
  const rules = createRuleMatcher(core)
  const evaluations = createEvaluationHandOff(core)
  const bell = new Bell(core)
  const hooks: AppendHooks = {
    fanOut: createFanOut(core),
    rules,
    committed(_events, appended) {
      const deliveries: Rung[] = []
      const matches: NewMatch[] = []
      let last: bigint | undefined
      for (const at of appended) {
        if (!('seq' in at)) continue
        last = at.seq
        for (const delivery of at.deliveries) deliveries.push([delivery.id, 0, delivery.webhookId])
        for (const match of at.matches) matches.push(match)
      }
      if (matches.length > 0) evaluations.hand(matches)
      if (last !== undefined) void core.pubsub.publish(CHANNELS.feed, last.toString())
      if (deliveries.length === 0) return
      void bell.ring(deliveries)
      deliveriesChanged(
        core.pubsub,
        deliveries.map(([id]) => id),
      )
    },
  }
  const append = createAppend(core, hooks)
  const rateLimiter = createRateLimiter(core)
  const publisher = createPublisher(core, catalogue, append, seen, rateLimiter)
  const sender = createSender({
    policy: parsePolicy({ allowedCidrs: core.env.WEBHOOK_ALLOWED_CIDRS, httpsOnly: core.env.WEBHOOK_HTTPS_ONLY }),
  })
  const denials = createDenials(core, (violation) => publisher.announce('aetherlink', violationEvent(violation)))
  return {
    publisher,
    rateLimiter,
    publishInTransaction: createPublishInTransaction(core, catalogue, hooks),
    catalogue,
    sender,
    denials,
    async close(limitMs) {
      await denials.close()
      await publisher.idle()
      evaluations.close()
      rules.close()
      catalogue.close()
      await sender.close(limitMs)
    },
  }
}

/**
 * The event that reports an access denial. One event is published per audit entry, and repeated denials share an entry.
 * So a reaction to this event that is itself denied cannot start an endless loop.
 */
function violationEvent({ entryId, caller, action, required }: Violation) {
  const { identity, requestId } = caller
  return {
    type: 'security.rbac.violation',
    severity: 'WARNING' as const,
    subject: printable(identity.id),
    tenantId: tenantOfDenial(caller),
    payload: { actor: identity.id, action, required, roles: identity.roles },
    correlationId: requestId,
    causationId: publicId('aud', entryId),
  }
}

/** Replaces control characters, which the subject of a token may contain but the subject of an event may not. */
const printable = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, 200)

/** Creates the delivering half for a pipeline. */
export function createDelivering(
  core: AppContext,
  { publisher, publishInTransaction, sender }: Pipeline,
  onAttempt?: OnAttempt,
): Delivering {
  const recoveries = createRecoveryReport(core, publisher)
  const engine: DeliveryEngine = new DeliveryEngine(core, {
    targets: createTargets(core),
    sender,
    ...(onAttempt && { onAttempt }),
    publishInTransaction,
    onTakeover(deliveries) {
      recoveries.note(deliveries)
      sweep.due().catch((error: unknown) => core.log.debug({ err: error }, 'the next sweep finds them'))
    },
  })
  const sweep = new Sweep(core, engine, new Bell(core), recoveries.note)
  const bulkReplays = new BulkReplayRunner(core)
  return {
    engine,
    sweep,
    start() {
      engine.start()
      sweep.start()
      recoveries.start()
      bulkReplays.start()
    },
    async stop(limitMs) {
      await Promise.all([sweep.stop(), bulkReplays.stop()])
      await engine.stop(limitMs)
      recoveries.flush()
    },
  }
}

/**
 * Tables of features whose rows expire together with the events or alerts of the same age. A table listed here is
 * included in prune runs.
 */
export const EXPIRING_TABLES: readonly ExpiringTable[] = [
  EXPIRING_ALERTS,
  { table: 'bulk_replays', subject: 'EVENTS', tenantColumn: 'tenant_id', isFinal: 't.finished_at IS NOT NULL' },
]

/** Creates the worker that prunes expired rows and publishes an event about the outcome. */
export const createRetention = (core: AppContext, { publisher }: Pipeline): RetentionWorker =>
  createRetentionWorker(core, { publisher, tables: EXPIRING_TABLES })

import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { system } from '../../identity/identity.ts'
import { AppError } from '../../kit/errors.ts'
import { JsonText } from '../../kit/json/json-text.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { appendOnce, changingTooFast, epochOf, MAX_REFRESHES, refresh } from './append.ts'
import type { Appended, AppendHooks } from './append-hooks.ts'
import { type NewEvent, normalise, type PublishInput, type Route } from './event-input.ts'
import { tracePublish } from './trace-publish.ts'

/** An event that AetherLink itself publishes. If tenantId is null, it is a system event. */
export type SystemEvent = Omit<PublishInput, 'tenantId' | 'idempotencyKey' | 'payload'> & {
  tenantId: string | null
  payload: object
  route: Route | null
}

/** A published event and its deliveries. */
export interface Published {
  eventId: string
  deliveryIds: readonly string[]
}

/**
 * Runs `work` in a transaction in which it can publish events: they are stored only if the transaction commits.
 * `publish` locks the feed until the commit, so call it last and only once. If webhooks or alert rules have changed in
 * the meantime, the transaction is repeated. So `work` must have no effects except through its client. Throws
 * BAD_USER_INPUT for an event that violates the schema of its type.
 */
export type PublishInTransaction = <Result>(
  source: string,
  work: (client: PoolClient, publish: (events: readonly SystemEvent[]) => Promise<Published[]>) => Promise<Result>,
) => Promise<Result>

export function createPublishInTransaction(
  core: AppContext,
  catalogue: Catalogue,
  hooks: AppendHooks,
): PublishInTransaction {
  return async (source, work) => {
    const caller = { identity: system(source), clientIp: null, trace: null }
    for (let round = 0; round <= MAX_REFRESHES; round++) {
      // Done before the transaction starts, because inside it these reads would need a second connection while the
      // first is in use.
      const [types, epoch] = await Promise.all([catalogue.all(), epochOf(hooks)])
      let commit: { events: NewEvent[]; appended: Appended[] } | undefined
      try {
        const result = await core.db.transaction((client) =>
          work(client, async (inputs) => {
            // The span ends before the commit, because the transaction may continue with other work.
            const published = await tracePublish(core.tracing, caller, inputs, async (traced) => {
              const events = inputs.map(({ route, payload, ...input }) => {
                const event = { ...input, payload: JsonText.of(payload) }
                return { ...normalise(event, input.tenantId, types.get(input.type), traced), route }
              })
              const appended = await appendOnce(core, hooks, epoch, events, async (statement) => {
                const { rows } = await client.query(statement)
                return rows
              })
              if (appended === 'stale') throw new StaleEpoch()
              commit = { events, appended }
              return events.map((event, i) => ({ event, appended: appended[i] }))
            })
            return published.map(publishedOf)
          }),
        )
        if (commit) hooks.committed(commit.events, commit.appended)
        return result
      } catch (error) {
        if (!(error instanceof StaleEpoch)) throw error
        await refresh(hooks)
      }
    }
    throw changingTooFast()
  }
}

/**
 * Publishes the events of a state that must be stored in any case. An operator can change the schema of an event type so
 * that it refuses AetherLink's own events; then none of them is published, and that is logged. Other errors are thrown.
 */
export async function publishIfValid(
  { log }: Pick<AppContext, 'log'>,
  publish: (events: readonly SystemEvent[]) => Promise<Published[]>,
  events: readonly SystemEvent[],
): Promise<void> {
  if (events.length === 0) return
  try {
    await publish(events)
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'BAD_USER_INPUT')) throw error
    const types = [...new Set(events.map(({ type }) => type))]
    log.warn({ err: error, types }, 'internal events were refused; do the schemas of their types fit?')
  }
}

class StaleEpoch extends Error {}

const publishedOf = ({ event, appended }: { event: NewEvent; appended: Appended | undefined }): Published => ({
  eventId: event.id,
  deliveryIds: appended && 'deliveries' in appended ? appended.deliveries.map(({ id }) => id) : [],
})

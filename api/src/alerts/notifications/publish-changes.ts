import type { PoolClient } from 'pg'
import type { AppContext } from '../../app-context.ts'
import { clockShift, databaseNow } from '../../db/database-clock.ts'
import { APPEND_MAX } from '../../events/publish/append.ts'
import type { Published, PublishInTransaction, SystemEvent } from '../../events/publish/publish-in-transaction.ts'
import { publicId, tryUuid } from '../../kit/ids.ts'
import { type MatchedEvent, type PublishedChange, payloadOf } from './payload.ts'

/**
 * Publishes the changes of alerts as events. A change is first stored with its alert. One transaction then publishes
 * the event and marks the change as published, so each change is published exactly once. Changes that a process leaves
 * unpublished are published in the next round of any worker.
 */
export interface ChangePublisher {
  /**
   * Publishes the changes of these rules that are due. Returns the number of recipients by transition. Never throws:
   * changes that could not be published stay due.
   */
  publishNow(ruleIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Does the same for rules with groups, after the group wait: their changes wait to share a message with others. */
  publishAfterGroupWait(ruleIds: readonly string[]): void
  /** Publishes the due changes of all rules. */
  publishDue(): Promise<void>
  /** Waits for publications in progress. Changes that are not due yet are left to the next round of any worker. */
  close(): Promise<void>
}

const EVENT_TYPES: Readonly<Record<PublishedChange['change'], string>> = {
  RAISED: 'ops.alert.raised',
  REPEATED: 'ops.alert.repeated',
  ACKNOWLEDGED: 'ops.alert.acknowledged',
  RESOLVED: 'ops.alert.resolved',
}

/** Maximum number of changes in one transaction. Each is an event, and an append has the same maximum. */
const MAX_CHANGES = APPEND_MAX
/** Number of counted events that a message shows. */
const SHOWN_EVENTS = 5
const SOURCE = 'aetherlink'

export function createChangePublisher(core: AppContext, publishInTransaction: PublishInTransaction): ChangePublisher {
  const timers = new Set<NodeJS.Timeout>()
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  const publish = async (ruleIds: readonly string[]): Promise<Map<string, number>> => {
    const recipients = new Map<string, number>()
    for (;;) {
      const published = await publishInTransaction(SOURCE, (client, publishEvents) =>
        publishChanges(core, client, ruleIds, publishEvents),
      )
      for (const [transitionId, count] of published) recipients.set(transitionId, count)
      if (published.size < MAX_CHANGES) return recipients
    }
  }
  const publishNow: ChangePublisher['publishNow'] = async (ruleIds) => {
    const publishing = publish(ruleIds).catch((error: unknown) => {
      core.log.warn(
        { err: error, rules: ruleIds.length },
        'changes of alerts were not published; the next round retries',
      )
      return new Map<string, number>()
    })
    underWay.add(publishing)
    const recipients = await publishing.finally(() => underWay.delete(publishing))
    return recipients
  }

  return {
    publishNow,
    publishAfterGroupWait(ruleIds) {
      if (closed || ruleIds.length === 0) return
      const timer = setTimeout(() => {
        timers.delete(timer)
        void publishNow(ruleIds)
      }, core.env.ALERT_GROUP_WAIT_MS + 1)
      timers.add(timer)
    },
    async publishDue() {
      const due = await core.db.query<{ id: string }>(
        `SELECT DISTINCT rule_id AS id FROM alert_transitions WHERE event_id IS NULL AND due_at <= ${databaseNow('$1')}`,
        [clockShift(core)],
        'due_alert_changes',
      )
      if (due.length > 0) await publishNow(due.map(({ id }) => id))
    },
    async close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}

/**
 * Publishes the due changes of rules, at most MAX_CHANGES, and returns the number of recipients of each change. If a
 * rule has a due change, its changes that are not due yet are published with it, to share the message.
 */
async function publishChanges(
  core: AppContext,
  client: PoolClient,
  ruleIds: readonly string[],
  publishEvents: (events: readonly SystemEvent[]) => Promise<Published[]>,
): Promise<Map<string, number>> {
  // Only one process at a time publishes the changes of a rule, so that they are published in order and share messages.
  for (const ruleId of [...ruleIds].sort())
    await client.query({
      name: 'lock_alert_changes',
      text: `SELECT pg_advisory_xact_lock(hashtextextended('aetherlink.alert-changes.' || $1, 0))`,
      values: [ruleId],
    })
  const changes = await dueChanges(client, ruleIds, clockShift(core))
  if (changes.length === 0) return new Map()
  const messages = messagesOf(changes)
  const published = await publishEvents(changes.map((change) => eventOf(change, messages, core.env.WEB_URL)))
  const byChange = new Map(changes.map((change, i) => [change, published[i]!]))
  const outcomes = changes.map((change): Outcome => {
    const message = byChange.get(carrierOf(change, messages))!
    return {
      transition_id: change.transitionId,
      event_id: byChange.get(change)!.eventId,
      message_event_id: message.eventId,
      recipients: message.deliveryIds.length,
      webhook_ids: change.webhookIds,
    }
  })
  await mark(client, outcomes)
  const deliveries = published.flatMap(({ deliveryIds }, i) =>
    deliveryIds.map((id) => ({ id, rule_id: changes[i]!.ruleId })),
  )
  if (deliveries.length > 0) {
    await client.query({
      name: 'set_delivery_rules',
      text: `UPDATE deliveries d SET rule_id = r.rule_id FROM json_to_recordset($1) AS r(id uuid, rule_id uuid) WHERE d.id = r.id`,
      values: [JSON.stringify(deliveries)],
    })
  }
  return new Map(outcomes.map(({ transition_id, recipients }) => [transition_id, recipients]))
}

interface Outcome {
  transition_id: string
  event_id: string
  message_event_id: string
  recipients: number
  webhook_ids: readonly string[]
}

const mark = (client: PoolClient, outcomes: readonly Outcome[]) =>
  client.query({
    name: 'mark_alert_changes_published',
    text: `UPDATE alert_transitions t SET event_id = o.event_id, message_event_id = o.message_event_id, recipients = o.recipients,
       webhook_ids = o.webhook_ids
     FROM json_to_recordset($1) AS o(transition_id uuid, event_id uuid, message_event_id uuid, recipients int, webhook_ids uuid[]) WHERE t.id = o.transition_id`,
    values: [JSON.stringify(outcomes)],
  })

/**
 * The rule that the event of a change contains. A change by an evaluation contains the current rule, which decided it
 * and may have been edited since the alert was raised; the note of the change is about the same rule. All other changes
 * contain the rule that raised the alert.
 */
const FOLLOWS_RULE = `t.actor_kind IS NULL AND t.change <> 'RAISED'`
const factOf = (ofRule: string, ofAlert: string) => `CASE WHEN ${FOLLOWS_RULE} THEN ${ofRule} ELSE ${ofAlert} END`
const CONDITIONS_OF_RULE = `jsonb_build_object('eventType', r.event_type, 'source', r.source, 'eventSeverity', r.event_severity, 'groupBy', r.group_by)`

const DUE = `SELECT t.id AS "transitionId", t.alert_id AS "alertId", t.rule_id AS "ruleId", r.name AS "ruleName", a.tenant_id AS "tenantId",
    t.change, t.status, t.at, coalesce(t.actor_name, t.actor_id) AS "actorName", t.note, t.matched, t.notify, a.group_values AS "group",
    a.severity, ${factOf('r.threshold', 'a.threshold')} AS threshold, ${factOf('r.window_seconds', 'a.window_seconds')} AS "windowSeconds",
    ${factOf(CONDITIONS_OF_RULE, 'a.conditions::jsonb')} AS conditions, a.source, a.reason, a.tenants, a.started_at AS "startedAt",
    r.webhook_ids AS "webhookIds", a.silence_id AS "silenceId", coalesce(m.events, '[]') AS events
  FROM alert_transitions t JOIN alerts a ON a.id = t.alert_id JOIN alert_rules r ON r.id = t.rule_id
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', e.id, 'type', e.type, 'source', e.source, 'severity', e.severity, 'subject', e.subject,
      'tenantId', e.tenant_id, 'receivedAt', to_char(e.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY e.id DESC) AS events
    FROM events e WHERE e.id = ANY (a.event_ids[1:${SHOWN_EVENTS}])
  ) AS m ON true
  WHERE t.event_id IS NULL AND t.due_at IS NOT NULL AND t.rule_id IN (
    SELECT d.rule_id FROM alert_transitions d WHERE d.event_id IS NULL AND d.due_at <= ${databaseNow('$2')} AND d.rule_id = ANY ($1::uuid[]))
  ORDER BY t.id LIMIT ${MAX_CHANGES}`

async function dueChanges(client: PoolClient, ruleIds: readonly string[], shift: number): Promise<PublishedChange[]> {
  const { rows } = await client.query<Omit<PublishedChange, 'webhookName'> & { events: MatchedEvent[] }>({
    name: 'due_changes_of_rules',
    text: DUE,
    values: [ruleIds, shift],
  })
  const webhookIds = rows.map(({ group: { subject } }) => (subject ? tryUuid('whk', subject) : null))
  const names = await webhookNames(client, webhookIds, rows)
  return rows.map((row, i) => ({ ...row, webhookName: names[i] ?? null }))
}

/** The name of each webhook that the tenant of its rule may see. Everybody can publish events about any webhook. */
async function webhookNames(
  client: PoolClient,
  webhookIds: readonly (string | null)[],
  rules: readonly Pick<PublishedChange, 'tenantId'>[],
): Promise<(string | null)[]> {
  if (webhookIds.every((id) => id === null)) return []
  const { rows } = await client.query<{ name: string | null }>({
    name: 'webhook_names_of_alerts',
    text: `SELECT w.name FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS u(id, tenant, n)
       LEFT JOIN webhooks w ON w.id = u.id AND (u.tenant IS NULL OR w.tenant_id = u.tenant) ORDER BY u.n`,
    values: [webhookIds, rules.map(({ tenantId }) => tenantId)],
  })
  return rows.map(({ name }) => name)
}

type Messages = ReadonlyMap<PublishedChange, readonly PublishedChange[]>

/**
 * For each change, all changes in the same message: those of the same rule, with the same kind and the same recipients.
 */
function messagesOf(changes: readonly PublishedChange[]): Messages {
  const messages = new Map<string, PublishedChange[]>()
  const byChange = new Map<PublishedChange, PublishedChange[]>()
  for (const change of changes) {
    const key = `${change.ruleId} ${change.change} ${change.notify}`
    const message = messages.get(key) ?? []
    message.push(change)
    messages.set(key, message)
    byChange.set(change, message)
  }
  return byChange
}

/** The first change of a message. Only its event has deliveries; the events of the other changes have none. */
const carrierOf = (change: PublishedChange, messages: Messages): PublishedChange => messages.get(change)?.[0] ?? change

function eventOf(change: PublishedChange, messages: Messages, webUrl: string | undefined): SystemEvent {
  const isCarrier = carrierOf(change, messages) === change
  const together = isCarrier ? (messages.get(change) ?? [change]) : [change]
  const alert = publicId('alr', change.alertId)
  const newest = change.events[0]
  const urgent = change.change === 'RAISED' || change.change === 'REPEATED'
  return {
    type: EVENT_TYPES[change.change],
    source: SOURCE,
    severity: urgent ? change.severity : 'INFO',
    subject: alert,
    tenantId: change.tenantId,
    payload: payloadOf(change, together, webUrl),
    occurredAt: change.at,
    correlationId: alert,
    causationId: newest ? publicId('evt', newest.id) : null,
    route: {
      ruleId: change.ruleId,
      webhookIds: !change.notify || !isCarrier ? [] : change.webhookIds.length > 0 ? change.webhookIds : null,
      // Webhooks may filter by severity. A resolved alert keeps its severity here, so that the same webhooks learn of
      // its end.
      severity: change.severity,
    },
  }
}

import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { NotificationRoute } from '../../deliveries/read/explain.ts'

interface Row {
  eventId: string
  messageEventId: string
  notify: boolean
  webhookIds: string[]
  ruleName: string
  severity: Severity
}

/** Loads the recipients of alert events, by the UUID of the event. Events whose alert has been pruned are left out. */
export async function loadNotificationRoutes(
  { db }: Pick<AppContext, 'db'>,
  eventIds: readonly string[],
): Promise<Map<string, NotificationRoute>> {
  const rows = await db.query<Row>(
    `SELECT t.event_id AS "eventId", t.message_event_id AS "messageEventId", t.notify, coalesce(t.webhook_ids, '{}') AS "webhookIds",
       r.name AS "ruleName", a.severity
     FROM alert_transitions t JOIN alerts a ON a.id = t.alert_id JOIN alert_rules r ON r.id = t.rule_id
     WHERE t.event_id = ANY ($1::uuid[])`,
    [eventIds],
  )
  return new Map(
    rows.map(({ eventId, messageEventId, notify, webhookIds, ruleName, severity }) => {
      const unsent = notify ? (messageEventId === eventId ? null : 'IN_ANOTHER_MESSAGE') : 'SILENCED'
      return [eventId, { ruleName, webhookIds, unsent, severity }]
    }),
  )
}

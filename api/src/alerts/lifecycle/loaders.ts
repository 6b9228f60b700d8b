import type { AlertTransition } from '../../../../prisma/generated/client/client.ts'
import { byId, createLoader } from '../../graphql/loader.ts'
import { type AlertRow, alertsOf } from './alert.ts'

export const alertLoader = createLoader<AlertRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.alert.findMany({ where: { AND: [{ id: { in: [...ids] } }, alertsOf(identity)] } })),
)

/** Maximum number of entries of a timeline. An alert that repeats every minute has 1,440 entries a day. */
const MAX_ENTRIES = 1_000

/** The timeline of each alert, oldest entry first. If it is too long, only the newest entries. */
export const timelineLoader = createLoader<AlertTransition[]>(async (alertIds, { core }) => {
  const rows = await core.db.query<AlertTransition>(
    `SELECT t.id, t.alert_id AS "alertId", t.rule_id AS "ruleId", t.at, t.change, t.status, t.actor_kind AS "actorKind", t.actor_id AS "actorId",
       t.actor_name AS "actorName", t.note, t.matched, t.notify, t.due_at AS "dueAt", t.event_id AS "eventId",
       t.message_event_id AS "messageEventId", t.recipients
     FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
       SELECT * FROM alert_transitions t WHERE t.alert_id = a.id ORDER BY t.id DESC LIMIT ${MAX_ENTRIES}) AS t ORDER BY t.id`,
    [alertIds],
  )
  const timelines = new Map<string, AlertTransition[]>()
  for (const row of rows) timelines.set(row.alertId, [...(timelines.get(row.alertId) ?? []), row])
  return timelines
})

/** The ids of the newest deliveries of each alert's notifications, by "alert/first". */
export const notificationIdsLoader = createLoader<string[]>(async (keys, { core, identity }) => {
  const asked = keys.map((key) => key.split('/') as [alertId: string, first: string])
  const rows = await core.db.query<{ key: string; id: string }>(
    `SELECT k.id || '/' || k.first AS key, d.id FROM unnest($1::uuid[], $2::int[]) AS k(id, first) CROSS JOIN LATERAL (
       SELECT d.id FROM deliveries d WHERE d.event_id IN (
         SELECT t.message_event_id FROM alert_transitions t WHERE t.alert_id = k.id AND t.message_event_id IS NOT NULL)
         AND ($3::text IS NULL OR d.tenant_id = $3) ORDER BY d.id DESC LIMIT k.first) AS d ORDER BY d.id DESC`,
    [asked.map(([alertId]) => alertId), asked.map(([, first]) => Number(first)), identity.tenantId],
  )
  const idsByKey = new Map<string, string[]>()
  for (const { key, id } of rows) idsByKey.set(key, [...(idsByKey.get(key) ?? []), id])
  return idsByKey
})

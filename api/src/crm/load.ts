import type { Activity, Lead, Prisma } from '../../../prisma/generated/client/client.ts'
import type { AuditSnapshot } from '../audit/entry.ts'
import { byId, createLoader } from '../graphql/loader.ts'
import type { Identity } from '../identity/identity.ts'
import { notFound } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'

export type LeadRow = Lead
export type ActivityRow = Activity

/** A condition for the leads or activities that an identity may see. */
export const withinReach = ({ tenantId }: Identity) => (tenantId === null ? {} : { tenantId })

/** Throws NOT_FOUND for a row that does not exist or belongs to another tenant. `id` is the row's UUID. */
export async function loadLead(
  { lead }: Pick<Prisma.TransactionClient, 'lead'>,
  identity: Identity,
  id: string,
): Promise<LeadRow> {
  const row = await lead.findFirst({ where: { AND: [{ id }, withinReach(identity)] } })
  if (!row) throw notFound('lead', publicId('lead', id))
  return row
}

/** Throws NOT_FOUND like `loadLead`. */
export async function loadActivity(
  { activity }: Pick<Prisma.TransactionClient, 'activity'>,
  identity: Identity,
  id: string,
): Promise<ActivityRow> {
  const row = await activity.findFirst({ where: { AND: [{ id }, withinReach(identity)] } })
  if (!row) throw notFound('activity', publicId('act', id))
  return row
}

export const leadLoader = createLoader<LeadRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.lead.findMany({ where: { AND: [{ id: { in: [...ids] } }, withinReach(identity)] } })),
)

export const activityLoader = createLoader<ActivityRow>(async (ids, { core, identity }) =>
  byId(await core.db.prisma.activity.findMany({ where: { AND: [{ id: { in: [...ids] } }, withinReach(identity)] } })),
)

/** Locks a lead until the transaction ends, so that it does not change between the read and the write. */
export const lockLead = (tx: Pick<Prisma.TransactionClient, '$queryRaw'>, id: string) =>
  tx.$queryRaw`SELECT id FROM leads WHERE id = ${id}::uuid FOR NO KEY UPDATE`

/**
 * The fields of a lead in the audit trail. Notes may contain anything about a customer, so the entry contains only
 * whether there are any.
 */
export const shownLead = ({ name, email, phone, company, status, source, notes }: LeadRow): AuditSnapshot => ({
  name,
  email,
  phone,
  company,
  status,
  source,
  hasNotes: notes !== null,
})

export const shownActivity = ({ leadId, kind, occurredAt, summarizedBy }: ActivityRow): AuditSnapshot => ({
  leadId: publicId('lead', leadId),
  kind,
  occurredAt,
  summarizedBy,
})

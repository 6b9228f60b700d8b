import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { withinTenant } from '../../identity/tenant-scope.ts'
import type { InputIssue } from '../../kit/errors.ts'
import { tryUuid } from '../../kit/ids.ts'

const MAX_WEBHOOKS = 50

/**
 * The UUIDs of the webhooks that a rule notifies. An alert contains data of events, so its webhooks must be allowed to
 * receive them. A tenant's rule may use the webhooks of the tenant and installation-wide ones; a rule for all tenants
 * may use only installation-wide webhooks. A webhook that the identity cannot see is reported as missing. `present` are
 * the UUIDs that the rule names so far: a deleted webhook among them is dropped, or kept if no other is chosen, because
 * a rule that names none notifies every subscribed webhook.
 */
export async function checkRuleWebhooks(
  core: AppContext,
  identity: Identity,
  {
    webhookIds,
    tenantId,
    present = [],
  }: {
    webhookIds: readonly string[] | null | undefined
    tenantId: string | null
    present?: readonly string[]
  },
  path: readonly string[],
  issues: InputIssue[],
): Promise<string[]> {
  const ids = [...new Set(webhookIds ?? [])]
  if (ids.length > MAX_WEBHOOKS) {
    issues.push({ path: [...path], message: `names ${ids.length} webhooks; expected at most ${MAX_WEBHOOKS}` })
    return []
  }
  const uuids = ids.map((id) => tryUuid('whk', id))
  const rows = await core.db.prisma.webhook.findMany({
    where: {
      id: { in: uuids.filter((uuid) => uuid !== null) },
      ...withinTenant(identity),
    },
    select: { id: true, tenantId: true, deletedAt: true },
  })
  const deleted = rows.flatMap((row) => (row.deletedAt !== null && present.includes(row.id) ? [row.id] : []))
  const tenants = new Map(rows.flatMap((row) => (row.deletedAt === null ? [[row.id, row.tenantId]] : [])))
  const valid: string[] = []
  for (const [i, uuid] of uuids.entries()) {
    if (uuid !== null && deleted.includes(uuid)) continue
    const wrong = (message: string) => issues.push({ path: [...path, String(i)], message })
    const owner = uuid === null ? undefined : tenants.get(uuid)
    if (uuid === null || owner === undefined)
      wrong(`there is no webhook ${JSON.stringify(ids[i]?.slice(0, 60))}; expected the id of a webhook (whk_...)`)
    else if (owner !== null && owner !== tenantId)
      wrong(
        tenantId === null
          ? `is a webhook of tenant ${owner}; a rule for every tenant may name only webhooks of the installation`
          : `is a webhook of tenant ${owner}, and the rule is one of tenant ${tenantId}`,
      )
    else valid.push(uuid)
  }
  return valid.length > 0 ? valid : deleted
}

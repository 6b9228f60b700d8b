import type { AppContext } from '../../app-context.ts'
import { snapshot } from '../../db/snapshot.ts'
import type { TimeWindow } from '../../graphql/types/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { badInput } from '../../kit/errors.ts'
import { groupBy } from '../../kit/group-by.ts'
import type { WebhookRow } from '../../webhooks/load.ts'
import { countAttempts, firstAttemptAt } from '../totals/attempts.ts'
import { type AttemptFigures, figuresOf } from './health.ts'
import { since } from './loaders.ts'

const MAX_FIRST = 100
const HOUR_MS = 3_600_000

export interface FailingWebhook extends AttemptFigures {
  webhook: WebhookRow
}

/**
 * The webhooks with the most failed attempts in a time window, worst first. Webhooks without failures and webhooks of
 * other tenants are omitted. Throws BAD_USER_INPUT unless `first` is 1 to 100.
 */
export async function failingWebhooks(
  core: AppContext,
  identity: Identity,
  { window, tenantId, first }: { window: TimeWindow; tenantId?: string | null; first: number },
): Promise<FailingWebhook[]> {
  if (first < 1 || first > MAX_FIRST) throw badInput('first', `is ${first}; expected 1 to ${MAX_FIRST}`)
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return []
  const webhooks = await core.db.prisma.webhook.findMany({
    where: { deletedAt: null, ...(scope !== 'all' && { tenantId: scope.tenantId }) },
  })
  const ids = webhooks.map(({ id }) => id)
  const now = core.clock()
  const counts = await snapshot(core, async (read) => {
    const from = since(window, now) ?? (await firstAttemptAt(read, ids)) ?? now
    return countAttempts(read, ids, [from, now + HOUR_MS], now)
  })
  const countsByWebhook = groupBy(counts, ({ webhookId }) => webhookId)
  return webhooks
    .map((webhook) => ({ webhook, ...figuresOf(countsByWebhook.get(webhook.id) ?? []) }))
    .filter(({ failed }) => failed > 0)
    .sort((a, b) => b.failed - a.failed || a.delivered - b.delivered)
    .slice(0, first)
}

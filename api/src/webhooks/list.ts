import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { WebhookKind, WebhookState } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { containing } from '../db/containing.ts'
import { type KeysetRange, prismaRange } from '../db/keyset.ts'
import type { Identity } from '../identity/identity.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { badInput } from '../kit/errors.ts'
import { compileGlobs } from '../kit/globs.ts'
import { type WebhookRow, webhooksOf } from './load.ts'
import { seesSecretUrls } from './visible-url.ts'

/** A field that is null, absent or empty does not restrict the result. */
export interface WebhookFilter {
  tenantId?: string | null
  states?: readonly WebhookState[] | null
  kinds?: readonly WebhookKind[] | null
  eventType?: string | null
  search?: string | null
}

export interface WebhookList {
  fetch(range: KeysetRange): Promise<WebhookRow[]>
  count(): Promise<number>
}

const MAX_TEXT = 255

/**
 * The webhooks that the identity may see and that match a filter. Throws BAD_USER_INPUT at once; rows are read on
 * demand.
 */
export function listWebhooks(core: AppContext, identity: Identity, filter?: WebhookFilter | null): WebhookList {
  const { tenantId, states, kinds, eventType, search } = filter ?? {}
  const scope = readScope(identity, tenantId)
  for (const [field, text] of Object.entries({ eventType, search })) {
    if (text != null && text.length > MAX_TEXT)
      throw badInput(`filter.${field}`, `has ${text.length} characters; expected at most ${MAX_TEXT}`)
    if (text?.includes('\0')) throw badInput(`filter.${field}`, 'has a NUL character')
  }
  if (scope === null) return { fetch: async () => [], count: async () => 0 }

  const conditions: Prisma.WebhookWhereInput[] = [webhooksOf(identity)]
  if (scope !== 'all') conditions.push({ tenantId: scope.tenantId })
  if (states && states.length > 0) conditions.push({ state: { in: [...states] } })
  if (kinds && kinds.length > 0) conditions.push({ kind: { in: [...kinds] } })
  if (search?.trim()) {
    // Prisma passes % and _ to LIKE without escaping them.
    const contains = containing(search.trim())
    // A search must not reveal a URL that the caller may not see.
    const byUrl = seesSecretUrls(identity) ? { url: contains } : { url: contains, kind: 'STANDARD' as const }
    conditions.push({ OR: [{ name: contains }, byUrl] })
  }
  const taking = async (): Promise<Prisma.WebhookWhereInput[]> => {
    if (!eventType) return []
    // The globs are matched with the code of the fan-out, so that both give the same result.
    const rows = await core.db.prisma.webhook.findMany({
      where: { AND: conditions },
      select: { id: true, eventTypes: true },
    })
    return [{ id: { in: rows.filter((row) => compileGlobs(row.eventTypes)(eventType)).map((row) => row.id) } }]
  }
  return {
    async fetch(range) {
      const { where, ...page } = prismaRange(range)
      return core.db.prisma.webhook.findMany({ where: { AND: [...conditions, ...(await taking()), where] }, ...page })
    },
    async count() {
      return core.db.prisma.webhook.count({ where: { AND: [...conditions, ...(await taking())] } })
    },
  }
}

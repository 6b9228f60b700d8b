import type { Webhook } from '../../../prisma/generated/client/client.ts'
import type { WebhookKind } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import { createBatcher } from '../kit/async/batch.ts'
import { parsePreviousSecrets, stillValid } from './secrets/previous-secrets.ts'
import { webhookSeals } from './secrets/secrets.ts'

/** The part of a webhook that a worker needs: one version of its settings, with decrypted secrets. */
export interface Target {
  id: string
  tenantId: string | null
  version: number
  url: string
  kind: WebhookKind
  name: string
  /** Signing secrets, newest first, each with the time (ms) until which it is used. Null: without an end. */
  secrets: ReadonlyArray<{ secret: string; until: number | null }>
  headers: Readonly<Record<string, string>>
  timeoutMs: number
  maxConcurrency: number
  ratePerSecond: number | null
  retrySchedule: readonly number[]
  circuitBreaker: boolean
}

export interface Targets {
  /** The settings in `version` or a newer one. Undefined if the webhook does not exist any more. */
  get(id: string, version: number): Promise<Target | undefined>
  /** The cached settings, if any, without a query. */
  peek(id: string): Target | undefined
}

/** Caches settings by version. A claim contains the current version, so outdated settings are never used. */
export function createTargets(core: AppContext): Targets {
  const cache = new Map<string, Target>()
  const loading = new Map<string, Promise<Target | undefined>>()

  // An event may start thousands of lanes at once, so their webhooks are read together.
  const readRow = createBatcher<string, Webhook | undefined>({
    max: 500,
    lanes: 2,
    async run(ids) {
      const rows = await core.db.prisma.webhook.findMany({ where: { id: { in: ids } } })
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => byId.get(id))
    },
  })

  const load = async (id: string): Promise<Target | undefined> => {
    const row = await readRow(id)
    if (!row) return undefined
    const seals = webhookSeals(core)
    const previous = stillValid(parsePreviousSecrets(row.previousSecrets), core.clock())
    const secrets: Target['secrets'] = [
      { secret: seals.openSecret(id, row.secretSealed), until: null },
      ...previous.map(({ sealed, expiresAt }) => ({
        secret: seals.openSecret(id, sealed),
        until: expiresAt.getTime(),
      })),
    ]
    const target: Target = {
      id,
      tenantId: row.tenantId,
      version: row.version,
      url: row.url,
      kind: row.kind,
      name: row.name,
      secrets,
      headers: seals.openHeaders(id, row.headersSealed),
      timeoutMs: row.timeoutMs,
      maxConcurrency: row.maxConcurrency,
      ratePerSecond: row.ratePerSecond,
      retrySchedule: row.retrySchedule,
      circuitBreaker: row.circuitBreaker,
    }
    cache.set(id, target)
    return target
  }

  return {
    async get(id, version) {
      const cached = cache.get(id)
      if (cached && cached.version >= version) return cached
      let under = loading.get(id)
      if (!under) {
        under = load(id).finally(() => loading.delete(id))
        loading.set(id, under)
      }
      return under
    },
    peek: (id) => cache.get(id),
  }
}

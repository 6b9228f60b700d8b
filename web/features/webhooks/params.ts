import type { WebhookFilter, WebhookKind, WebhookState } from '@/lib/graphql.ts'
import type { ListParams } from '@/lib/lists/list-params.ts'

/** The filters of the webhooks page, with their names in the URL. */
export const WEBHOOK_KEYS = ['state', 'kind', 'takes'] as const

type WebhookParams = ListParams & Record<(typeof WEBHOOK_KEYS)[number], readonly string[]>

const STATES: readonly WebhookState[] = ['ENABLED', 'PAUSED', 'DISABLED']
const KINDS: readonly WebhookKind[] = ['STANDARD', 'SLACK', 'TEAMS', 'DISCORD']

/** The values of `all` that the URL names in lower case; null if it names none. */
function named<Value extends string>(values: readonly string[], all: readonly Value[]): Value[] | null {
  const matches = all.filter((one) => values.includes(one.toLowerCase()))
  return matches.length > 0 ? matches : null
}

/** The API query of the webhooks page's URL. */
export const webhookFilter = ({ state, kind, takes, q }: WebhookParams, tenantId: string | null): WebhookFilter => ({
  tenantId,
  states: named(state, STATES),
  kinds: named(kind, KINDS),
  eventType: takes[0] ?? null,
  search: q || null,
})

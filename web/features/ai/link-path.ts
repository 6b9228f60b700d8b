import type { ExplainIncidentMutation } from '@/lib/graphql.ts'

type IncidentLink = ExplainIncidentMutation['explainIncident']['lines'][number]['links'][number]

/** Maps the API's filter fields to the URL parameters of a list page. Other fields are left out. */
const PARAMS: Record<string, string> = {
  since: 'since',
  until: 'until',
  tenantId: 'tenant',
  webhookIds: 'webhook',
  errorKinds: 'error',
  types: 'type',
  sources: 'source',
  actions: 'action',
  targetId: 'target',
}

/** Filter fields whose values are in lower case in URLs. */
const LOWER = new Set(['errorKinds'])

const LISTS = { DELIVERIES: '/deliveries', EVENTS: '/events', AUDIT: '/audit' } as const
const LABELS = {
  DELIVERIES: 'deliveries',
  EVENTS: 'events',
  AUDIT: 'audit',
  ALERT: 'alert',
  WEBHOOK: 'webhook',
} as const

/** The console page of a fact in an explanation; null if no page shows it. */
export function linkPath({
  target,
  id,
  filter,
}: Omit<IncidentLink, '__typename'>): { href: string; label: string } | null {
  const label = LABELS[target]
  if (target === 'ALERT' || target === 'WEBHOOK') {
    if (!id) return null
    return { label, href: target === 'ALERT' ? `/alerts?window=all&open=${id}` : `/webhooks/${id}` }
  }
  const params = new URLSearchParams()
  for (const [field, value] of Object.entries(typeof filter === 'object' && filter !== null ? filter : {})) {
    const name = PARAMS[field]
    const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')
    if (name === undefined || values.length === 0) continue
    params.set(name, values.map((one) => (LOWER.has(field) ? one.toLowerCase() : one)).join(','))
  }
  if (!params.has('since')) params.set('window', 'all')
  return { label, href: `${LISTS[target]}?${params}` }
}

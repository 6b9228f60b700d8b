/** The recovery offer's DeliveryFilter, as far as the deliveries page can show it. */
interface OfferFilter {
  webhookIds: readonly string[]
  since: string | null
  until: string | null
}

function readFilter(filter: unknown): OfferFilter {
  const fields: Record<string, unknown> = typeof filter === 'object' && filter !== null ? { ...filter } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const { webhookIds, since, until } = fields
  return {
    webhookIds: Array.isArray(webhookIds) ? webhookIds.filter((id) => typeof id === 'string') : [],
    since: text(since),
    until: text(until),
  }
}

/** The query of the deliveries page that shows exactly the dead letters of a recovery offer. */
export function replayParams(filter: unknown): Record<string, string> {
  const { webhookIds, since, until } = readFilter(filter)
  return {
    window: 'all',
    status: 'dead',
    ...(webhookIds.length > 0 && { webhook: webhookIds.join(',') }),
    ...(since !== null && { since }),
    ...(until !== null && { until }),
  }
}

/** The fields of the API's DeliveryFilter (as JSON) that the deliveries page can show. */
interface ShownFilter {
  webhookIds: readonly string[]
  errorKinds: readonly string[]
  statusCodes: readonly string[]
  since: string | null
  until: string | null
}

function readFilter(filter: unknown): ShownFilter {
  const fields: Record<string, unknown> = typeof filter === 'object' && filter !== null ? { ...filter } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  const texts = (value: unknown) =>
    Array.isArray(value) ? value.filter((one) => typeof one === 'string' || typeof one === 'number').map(String) : []
  return {
    webhookIds: texts(fields.webhookIds),
    errorKinds: texts(fields.errorKinds),
    statusCodes: texts(fields.statusCodes),
    since: text(fields.since),
    until: text(fields.until),
  }
}

/** The URL parameters with which the deliveries page lists exactly the dead letters of a suggested replay. */
export function suggestionParams(filter: unknown): Record<string, string> {
  const { webhookIds, errorKinds, statusCodes, since, until } = readFilter(filter)
  return {
    window: 'all',
    status: 'dead',
    ...(webhookIds.length > 0 && { webhook: webhookIds.join(',') }),
    ...(errorKinds.length > 0 && { error: errorKinds.join(',').toLowerCase() }),
    ...(statusCodes.length > 0 && { code: statusCodes.join(',') }),
    ...(since !== null && { since }),
    ...(until !== null && { until }),
  }
}

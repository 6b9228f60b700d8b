import type { RenderableEvent } from './event.ts'

/**
 * An event as JSON with the fields that Standard Webhooks recommends: type, timestamp, data. The payload is the text
 * that the producer sent. So large numbers and the order of keys arrive unchanged, and nothing has to be parsed.
 */
export function renderStandard(event: RenderableEvent): string {
  const { id, type, source, severity, subject, tenantId, correlationId, causationId } = event
  let json = `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"timestamp":"${event.occurredAt.toISOString()}"`
  json += `,"source":${JSON.stringify(source)},"severity":"${severity}"`
  if (subject !== null) json += `,"subject":${JSON.stringify(subject)}`
  if (tenantId !== null) json += `,"tenantId":${JSON.stringify(tenantId)}`
  if (correlationId !== null) json += `,"correlationId":${JSON.stringify(correlationId)}`
  if (causationId !== null) json += `,"causationId":${JSON.stringify(causationId)}`
  return `${json},"data":${event.payloadText}}`
}

import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** An event as a body is made of it. */
export interface RenderableEvent {
  /** Public: evt_... */
  id: string
  type: string
  source: string
  severity: Severity
  subject: string | null
  tenantId: string | null
  /** JSON text, as the producer wrote it. */
  payloadText: string
  occurredAt: Date
  receivedAt: Date
  correlationId: string | null
  causationId: string | null
}

export interface RenderedBody {
  body: string
  contentType: string
}

/** `text` with at most `length` UTF-16 units, an ellipsis for what was left out, and no character cut in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

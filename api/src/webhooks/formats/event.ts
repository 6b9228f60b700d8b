import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** An event in the form that the formats render. */
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

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * `text` with at most `length` UTF-16 units, with an ellipsis for the rest. It is cut between grapheme clusters
 * (Unicode UAX #29): a family emoji or a letter with its accents is kept completely or left out.
 */
export function truncateText(text: string, length: number): string {
  if (text.length <= length) return text
  const room = length - 1
  let end = 0
  for (const { index, segment } of GRAPHEMES.segment(text.slice(0, room + LONGEST_GRAPHEME))) {
    if (index + segment.length > room) break
    end = index + segment.length
  }
  return `${text.slice(0, end)}…`
}

/** A cluster has no maximum length; a longer one is cut here. */
const LONGEST_GRAPHEME = 100

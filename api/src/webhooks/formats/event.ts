import type { Severity } from '../../../../prisma/generated/client/enums.ts'

/** The fields of an event that the formats use. */
export interface RenderableEvent {
  /** The public id (evt_...). */
  id: string
  type: string
  source: string
  severity: Severity
  subject: string | null
  tenantId: string | null
  /** The payload as the JSON text that the producer sent. */
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
 * Shortens `text` to at most `length` UTF-16 units, including an ellipsis. The text is cut between grapheme clusters
 * (Unicode UAX #29), so a family emoji or a letter with its accents is either kept completely or removed.
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

/** A grapheme cluster can be arbitrarily long. One that is longer than this is cut. */
const LONGEST_GRAPHEME = 100

import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { type RenderableEvent, truncateText } from './event.ts'

/**
 * The content of a chat message, independent of the chat service. Most values are not from AetherLink, so each format
 * must escape them.
 */
export interface Message {
  severity: Severity
  title: string
  /** The emoji: its name in Slack, and the character. */
  emoji: { name: string; sign: string }
  facts: readonly Fact[]
  /** Lists. Each item is shown on its own line. */
  lists: readonly { name: string; items: readonly Fact['value'][] }[]
  /** The start of the payload; null if it is empty. */
  excerpt: string | null
  link: { text: string; url: string } | null
  time: string
}

export interface Fact {
  name: string
  /** The parts of the value: `text` is from AetherLink itself, `external` is from anywhere else. */
  value: readonly { kind: 'text' | 'external'; text: string }[]
}

const MAX_VALUE = 300
const MAX_EXCERPT = 500

export const EMOJIS: Readonly<Record<Severity, Message['emoji']>> = {
  INFO: { name: 'information_source', sign: 'ℹ️' },
  WARNING: { name: 'warning', sign: '⚠️' },
  ERROR: { name: 'x', sign: '❌' },
  CRITICAL: { name: 'rotating_light', sign: '🚨' },
}

/** The message for an event: its description and the start of its payload. */
export function eventMessage(event: RenderableEvent): Message {
  const facts: Fact[] = [fact('Severity', text(event.severity)), fact('Source', external(event.source))]
  if (event.subject !== null) facts.push(fact('Subject', external(event.subject)))
  if (event.tenantId !== null) facts.push(fact('Tenant', external(event.tenantId)))
  return {
    severity: event.severity,
    title: oneLine(event.type, MAX_VALUE),
    emoji: EMOJIS[event.severity],
    facts,
    lists: [],
    excerpt: excerptOf(event.payloadText),
    link: null,
    time: event.occurredAt.toISOString(),
  }
}

export const fact = (name: string, ...value: Fact['value']): Fact => ({ name, value })
export const text = (said: string) => ({ kind: 'text' as const, text: said })
/** A text from outside AetherLink, on one line. */
export const external = (value: string, length = MAX_VALUE) => ({
  kind: 'external' as const,
  text: oneLine(value, length) || '-',
})

/** White space is collapsed before the text is cut, so that a lot of it does not displace words. */
const oneLine = (value: string, length: number) => truncateText(value.replace(/[\s\p{Cc}]+/gu, ' ').trim(), length)

function excerptOf(payloadText: string): string | null {
  const excerpt = oneLine(payloadText, MAX_EXCERPT)
  return excerpt === '{}' || excerpt === '[]' || excerpt === 'null' ? null : excerpt
}

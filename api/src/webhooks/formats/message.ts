import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { type RenderableEvent, truncateText } from './event.ts'

/** The content of a chat message, independent of the vendor. Values come from outside: each format must escape them. */
export interface Message {
  severity: Severity
  title: string
  /** The emoji by its Slack name, and as a character. */
  emoji: { name: string; sign: string }
  facts: readonly Fact[]
  /** The beginning of the payload; null when there is nothing to show. */
  excerpt: string | null
  time: string
}

export interface Fact {
  name: string
  /** `text` is our own; `given` came from outside. */
  value: readonly { kind: 'text' | 'given'; text: string }[]
}

const MAX_VALUE = 300
const MAX_EXCERPT = 500

const EMOJIS: Readonly<Record<Severity, Message['emoji']>> = {
  INFO: { name: 'information_source', sign: 'ℹ️' },
  WARNING: { name: 'warning', sign: '⚠️' },
  ERROR: { name: 'x', sign: '❌' },
  CRITICAL: { name: 'rotating_light', sign: '🚨' },
}

/**
 * The message of an event: the cause of a raised alert, or the facts of any other event and the beginning of its
 * payload.
 */
export function messageOf(event: RenderableEvent): Message {
  return event.type === 'ops.alert.raised' ? alertMessage(event) : eventMessage(event)
}

function eventMessage(event: RenderableEvent): Message {
  const facts: Fact[] = [fact('Severity', text(event.severity)), fact('Source', given(event.source))]
  if (event.subject !== null) facts.push(fact('Subject', given(event.subject)))
  if (event.tenantId !== null) facts.push(fact('Tenant', given(event.tenantId)))
  return {
    severity: event.severity,
    title: oneLine(event.type, MAX_VALUE),
    emoji: EMOJIS[event.severity],
    facts,
    excerpt: excerptOf(event.payloadText),
    time: event.occurredAt.toISOString(),
  }
}

function alertMessage(event: RenderableEvent): Message {
  const payload = parse(event.payloadText)
  const filters = record(payload.filters)
  const severity = severityOf(payload.severity) ?? event.severity
  const number = (value: unknown) => (typeof value === 'number' ? String(value) : '?')
  const filter = (value: unknown) => given(typeof value === 'string' && value !== '' ? value : 'any')
  const facts: Fact[] = [
    fact('Rule', given(string(payload.ruleName) ?? string(payload.rule) ?? 'unnamed')),
    fact('Severity', text(severity)),
    fact('Source', given(string(payload.source) ?? event.source)),
    fact(
      'Matched',
      text(`${number(payload.matched)}/${number(payload.threshold)} events in ${number(payload.windowSeconds)}s`),
    ),
    fact(
      'Filters',
      text('event type '),
      filter(filters.eventType),
      text(', source '),
      filter(filters.source),
      text(', severity '),
      filter(string(filters.severity)?.toUpperCase()),
    ),
  ]
  if (event.tenantId !== null) facts.push(fact('Tenant', given(event.tenantId)))
  return {
    severity,
    title: 'AetherLink Alert Triggered',
    emoji: EMOJIS.CRITICAL,
    facts,
    excerpt: null,
    time: event.occurredAt.toISOString(),
  }
}

const fact = (name: string, ...value: Fact['value']): Fact => ({ name, value })
const text = (said: string) => ({ kind: 'text' as const, text: said })
const given = (value: string) => ({ kind: 'given' as const, text: oneLine(value, MAX_VALUE) || '-' })

/** White space is collapsed before the text is cut, so that a long run of it does not take the place of words. */
const oneLine = (value: string, length: number) => truncateText(value.replace(/[\s\p{Cc}]+/gu, ' ').trim(), length)

function excerptOf(payloadText: string): string | null {
  const excerpt = oneLine(payloadText, MAX_EXCERPT)
  return excerpt === '{}' || excerpt === '[]' || excerpt === 'null' ? null : excerpt
}

const string = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function severityOf(value: unknown): Severity | undefined {
  const name = string(value)?.toUpperCase()
  return (['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const).find((severity) => severity === name)
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/**
 * Any publisher can publish an alert event with any payload: values that do not fit are left out and cause no error.
 */
function parse(payloadText: string): Record<string, unknown> {
  try {
    return record(JSON.parse(payloadText))
  } catch {
    return {}
  }
}

import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { RenderableEvent } from './event.ts'
import { EMOJIS, external, type Fact, fact, type Message, text } from './message.ts'

const TITLES: Readonly<Record<string, { title: string; emoji: Message['emoji'] }>> = {
  'ops.alert.raised': { title: 'AetherLink Alert Triggered', emoji: EMOJIS.CRITICAL },
  'ops.alert.repeated': { title: 'AetherLink Alert Still Firing', emoji: EMOJIS.CRITICAL },
  'ops.alert.acknowledged': { title: 'AetherLink Alert Acknowledged', emoji: { name: 'eyes', sign: '👀' } },
  'ops.alert.resolved': {
    title: 'AetherLink Alert Resolved',
    emoji: { name: 'white_check_mark', sign: '✅' },
  },
}

export const isAlertEvent = ({ type }: RenderableEvent): boolean => Object.hasOwn(TITLES, type)

const MAX_REASON = 600
const MAX_LISTED = 5
const MAX_ITEM = 80
const MAX_LINK = 500

/** The message for an alert: what happened, why, the newest events, and a link to the console. */
export function alertMessage(event: RenderableEvent): Message {
  const payload = parse(event.payloadText)
  const severity = severityOf(payload.severity) ?? event.severity
  const { title, emoji } = TITLES[event.type] ?? { title: event.type, emoji: EMOJIS[severity] }
  const together = records(payload.alerts)
  return {
    severity,
    title: together.length > 1 ? `${title}: ${number(payload.alertCount ?? together.length)} alerts` : title,
    emoji,
    facts: factsOf(event, payload, severity),
    lists: [
      { name: 'Alerts', items: together.slice(0, MAX_LISTED).map(alertItem) },
      { name: 'Events', items: records(payload.events).slice(0, MAX_LISTED).map(eventItem) },
    ].filter(({ items }) => items.length > 0),
    excerpt: null,
    link: linkOf(payload.link),
    time: event.occurredAt.toISOString(),
  }
}

function factsOf(event: RenderableEvent, payload: Record<string, unknown>, severity: Severity): Fact[] {
  const filters = record(payload.filters)
  const filter = (value: unknown) => external(string(value) ?? 'any')
  const facts: Fact[] = [
    fact('Rule', external(string(payload.ruleName) ?? string(payload.rule) ?? 'unnamed')),
    fact('Severity', text(severity)),
    fact('Source', external(string(payload.source) ?? event.source)),
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
  const webhook = string(payload.webhookName)
  if (webhook !== undefined) facts.push(fact('Webhook', external(webhook)))
  const group = groupText(payload.group)
  if (group !== null) facts.push(fact('Group', external(group)))
  const reason = string(payload.reason)
  if (reason !== undefined) facts.push(fact('Reason', external(reason, MAX_REASON)))
  if (event.tenantId !== null) facts.push(fact('Tenant', external(event.tenantId)))
  return facts
}

const alertItem = (alert: Record<string, unknown>): Fact['value'] => [
  external(string(alert.webhookName) ?? groupText(alert.group) ?? string(alert.alert) ?? '-', 2 * MAX_ITEM),
  text(`: ${number(alert.matched)} events`),
]

function eventItem(event: Record<string, unknown>): Fact['value'] {
  const subject = string(event.subject)
  return [
    external(string(event.type) ?? '-', MAX_ITEM),
    text(' from '),
    external(string(event.source) ?? '-', MAX_ITEM),
    ...(subject === undefined ? [] : [text(' about '), external(subject, MAX_ITEM)]),
    text(' at '),
    external(string(event.receivedAt) ?? '-', MAX_ITEM),
  ]
}

/** For example "source=api, payload.host=web-1"; null if the alert has no group. */
function groupText(group: unknown): string | null {
  const fields = Object.entries(record(group))
  return fields.length === 0 ? null : fields.map(([field, value]) => `${field}=${string(value) ?? '(none)'}`).join(', ')
}

function linkOf(value: unknown): Message['link'] {
  const url = string(value)
  if (url === undefined || url.length > MAX_LINK || !URL.canParse(url)) return null
  const { protocol, href } = new URL(url)
  // In Slack "|" would end the URL, in Discord a bracket would.
  return /^https?:$/.test(protocol) && !/[|<>()[\]\s]/.test(href) ? { text: 'Open in AetherLink', url: href } : null
}

const number = (value: unknown) => (typeof value === 'number' ? String(value) : '?')

const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(record) : [])

const string = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function severityOf(value: unknown): Severity | undefined {
  const name = string(value)?.toUpperCase()
  return (['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const).find((severity) => severity === name)
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/**
 * Parses the payload. Everybody can publish an alert event with any payload, so unexpected values are ignored without
 * an error.
 */
function parse(payloadText: string): Record<string, unknown> {
  try {
    return record(JSON.parse(payloadText))
  } catch {
    return {}
  }
}

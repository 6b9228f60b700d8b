import { publicId } from '../../kit/ids.ts'
import { truncate } from '../../kit/truncate.ts'
import type { IncidentFact } from '../intents.ts'
import type { AttemptCluster, EventCluster, Figures } from './gather.ts'
import type { IncidentScope } from './scope.ts'

/** A link to the console page that shows a fact: a list with a filter, or the page of one object. */
export interface IncidentLink {
  target: 'DELIVERIES' | 'EVENTS' | 'WEBHOOK' | 'ALERT' | 'AUDIT'
  id: string | null
  filter: Readonly<Record<string, unknown>> | null
}

export interface LinkedFact extends IncidentFact {
  link: IncidentLink | null
}

type NewFact = Omit<LinkedFact, 'id'>

const MAX_CLUSTER_FACTS = 8
const MAX_TENANT_NAMES = 5
const MAX_NAME = 60

/**
 * The facts of an incident in words. They contain every figure that an explanation may mention, including percentages,
 * because the explanation must not compute any. Long names are cut. Payloads, addresses and error texts are left out.
 */
export function factsOf(scope: IncidentScope, figures: Figures, showTenants: boolean): LinkedFact[] {
  const facts: NewFact[] = [scopeFact(scope), ...totalFacts(scope, figures)]
  for (const cluster of figures.attemptClusters.slice(0, MAX_CLUSTER_FACTS)) facts.push(attemptFact(scope, cluster))
  for (const cluster of figures.eventClusters.slice(0, MAX_CLUSTER_FACTS)) facts.push(eventFact(scope, cluster))
  facts.push(...endFacts(figures), ...(showTenants ? tenantFacts(figures) : []), ...changeFacts(figures))
  return facts.map((fact, index) => ({ ...fact, id: `f${index + 1}` }))
}

/** The tenants that have failures in the figures. */
export const tenantsOf = ({ attemptClusters, eventClusters }: Figures): string[] =>
  [
    ...new Set([...attemptClusters, ...eventClusters].flatMap(({ tenantId }) => (tenantId === null ? [] : [tenantId]))),
  ].sort()

function scopeFact({ since, until, alert, webhook }: IncidentScope): NewFact {
  const range = `between ${minute(since)} and ${minute(until)}`
  if (alert) {
    const end = alert.resolvedAt ? `it was resolved at ${second(alert.resolvedAt)}` : 'it is not resolved'
    return {
      kind: 'SCOPE',
      text: `Alert ${quoted(alert.ruleName)} (${alert.severity}) fired at ${second(alert.startedAt)}: ${alert.matched} events matched within ${alert.windowSeconds} s, the threshold is ${alert.threshold}; ${end}.`,
      link: { target: 'ALERT', id: publicId('alr', alert.id), filter: null },
    }
  }
  if (!webhook) return { kind: 'SCOPE', text: `What happened ${range}.`, link: null }
  const open = webhook.circuit === 'CLOSED' ? '' : `, its circuit ${webhook.circuit}`
  return {
    kind: 'SCOPE',
    text: `Webhook ${quoted(webhook.name)} ${range}; it is ${webhook.state}${open}.`,
    link: { target: 'WEBHOOK', id: publicId('whk', webhook.id), filter: null },
  }
}

function totalFacts(
  scope: IncidentScope,
  { attempts, failedAttempts, deadLetters, eventClusters }: Figures,
): NewFact[] {
  const facts: NewFact[] = []
  if (attempts > 0) {
    const percent = Math.round((failedAttempts / attempts) * 100)
    facts.push({
      kind: 'TOTALS',
      text: `${failedAttempts} of ${attempts} delivery attempts failed (${percent} %); ${deadLetters} deliveries became dead letters.`,
      link: { target: 'DELIVERIES', id: null, filter: rangeFilter(scope) },
    })
  } else if (!scope.alert) {
    facts.push({ kind: 'TOTALS', text: 'There was no delivery attempt.', link: null })
  }
  const events = eventClusters.reduce((sum, { count }) => sum + count, 0)
  if (events > 0)
    facts.push({
      kind: 'TOTALS',
      text: `${events} events ${scope.alert ? 'match the rule' : 'have the severity ERROR or CRITICAL'}.`,
      link: { target: 'EVENTS', id: null, filter: rangeFilter(scope) },
    })
  return facts
}

function attemptFact(
  scope: IncidentScope,
  { webhookId, webhookName, errorKind, statusCode, count, firstAt, lastAt }: AttemptCluster,
): NewFact {
  const status = statusCode === null ? '' : ` and status ${statusCode}`
  return {
    kind: 'CLUSTER',
    text: `${count} attempts of webhook ${quoted(webhookName)} failed with ${errorKind}${status}, from ${second(firstAt)} to ${second(lastAt)}.`,
    link: {
      target: 'DELIVERIES',
      id: null,
      filter: { ...rangeFilter(scope), webhookIds: [publicId('whk', webhookId)], errorKinds: [errorKind] },
    },
  }
}

function eventFact(scope: IncidentScope, { type, source, severity, count, firstAt, lastAt }: EventCluster): NewFact {
  return {
    kind: 'CLUSTER',
    text: `${count} events ${quoted(type)} (${severity}) came from ${quoted(source)}, from ${second(firstAt)} to ${second(lastAt)}.`,
    link: { target: 'EVENTS', id: null, filter: { ...rangeFilter(scope), types: [type], sources: [source] } },
  }
}

function endFacts({ attemptClusters, eventClusters }: Figures): NewFact[] {
  const ends = [
    ...attemptClusters.map(({ webhookName, errorKind, firstAt, lastAt }) => ({
      what: `webhook ${quoted(webhookName)}, ${errorKind}`,
      firstAt,
      lastAt,
    })),
    ...eventClusters.map(({ type, firstAt, lastAt }) => ({ what: `event ${quoted(type)}`, firstAt, lastAt })),
  ]
  if (ends.length === 0) return []
  const first = ends.reduce((a, b) => (b.firstAt < a.firstAt ? b : a))
  const last = ends.reduce((a, b) => (b.lastAt > a.lastAt ? b : a))
  return [
    { kind: 'FIRST_FAILURE', text: `The first was at ${second(first.firstAt)}: ${first.what}.`, link: null },
    { kind: 'LAST_FAILURE', text: `The last was at ${second(last.lastAt)}: ${last.what}.`, link: null },
  ]
}

function tenantFacts(figures: Figures): NewFact[] {
  const tenants = tenantsOf(figures)
  if (tenants.length === 0) return []
  const named = tenants.slice(0, MAX_TENANT_NAMES).join(', ')
  const more = tenants.length > MAX_TENANT_NAMES ? ' and more' : ''
  const count = tenants.length === 1 ? '1 tenant is' : `${tenants.length} tenants are`
  return [{ kind: 'TENANTS', text: `${count} affected: ${named}${more}.`, link: null }]
}

const changeFacts = ({ changes }: Figures): NewFact[] =>
  changes.map(({ action, targetId, actor, at }) => ({
    kind: 'CHANGE' as const,
    text: `${action}${targetId === null ? '' : ` of ${truncate(targetId, MAX_NAME)}`} at ${second(at)}${actor === null ? '' : ` by ${quoted(actor)}`}.`,
    link: { target: 'AUDIT' as const, id: null, filter: { ...(targetId !== null && { targetId }), actions: [action] } },
  }))

const rangeFilter = ({ since, until, tenantId }: IncidentScope) => ({
  since: new Date(since).toISOString(),
  until: new Date(until).toISOString(),
  ...(tenantId !== null && { tenantId }),
})

const quoted = (name: string) => `"${truncate(name.replaceAll(/\s+/g, ' '), MAX_NAME)}"`
const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const second = (at: Date) => `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`

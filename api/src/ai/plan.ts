import { type ProviderHealth, restriction, UNTRIED } from './circuit.ts'
import type { IntentName } from './intents.ts'
import type { Provider } from './providers/registry.ts'

/**
 * The reason why a provider is skipped. `isSpared`: the provider could answer, but is cooling down, being probed or
 * busy.
 */
export interface Skip {
  reason: string
  isSpared: boolean
}

/**
 * What happens with one provider of a request: it is called, perhaps as the probe of its circuit, or skipped for a
 * reason.
 */
export type Step = { provider: Provider; skip: null; isProbe: boolean } | { provider: Provider; skip: Skip }

export interface PlanInput {
  providers: readonly Provider[]
  intent: IntentName
  /** The providers that the tenant allows; null: all. */
  allowed: ReadonlySet<string> | null
  health: ReadonlyMap<string, ProviderHealth>
  now: number
  /** Returns a number from 0 up to but not including 1. */
  random: () => number
}

/** The plan of a request: every provider in the order of the calls, including the skipped ones. */
export const plan = ({ providers, intent, allowed, health, now, random }: PlanInput): Step[] =>
  drawOrder(providers, random).map((provider) => {
    const reason = unfit(provider, intent, allowed)
    if (reason !== null) return { provider, skip: { reason, isSpared: false } }
    const restricted = restriction(health.get(provider.name) ?? UNTRIED, now)
    if (restricted === null || restricted === 'probe') return { provider, skip: null, isProbe: restricted === 'probe' }
    return { provider, skip: { reason: restricted.reason, isSpared: true } }
  })

/** The reason why a provider cannot answer this request, however healthy it is; null if it can. */
export function unfit(provider: Provider, intent: IntentName, allowed: ReadonlySet<string> | null): string | null {
  if (provider.missing !== null) return `not configured: ${provider.missing}`
  if (allowed !== null && !allowed.has(provider.name))
    return 'not one of the providers that the tenant is restricted to'
  return provider.capabilities.has(intent) ? null : `has no capability ${intent}`
}

/**
 * The providers ordered by priority. Providers with the same priority share the load: their order is random, by weight.
 */
export function drawOrder(providers: readonly Provider[], random: () => number): Provider[] {
  const groups = new Map<number, Provider[]>()
  for (const provider of providers) groups.set(provider.priority, [...(groups.get(provider.priority) ?? []), provider])
  const ordered: Provider[] = []
  for (const [, group] of [...groups].sort(([a], [b]) => a - b)) {
    const left = [...group]
    while (left.length > 0) ordered.push(...left.splice(drawByWeight(left, random()), 1))
  }
  return ordered
}

/**
 * Maps a random number from 0 to 1 to the index of a provider. The probability of a provider is proportional to its
 * weight.
 */
function drawByWeight(providers: readonly Provider[], drawn: number): number {
  const total = providers.reduce((sum, { weight }) => sum + weight, 0)
  let upTo = 0
  const index = providers.findIndex(({ weight }) => {
    upTo += weight
    return drawn * total < upTo
  })
  return index === -1 ? providers.length - 1 : index
}

/**
 * Milliseconds for an attempt. If the remaining time of the request is too short for this provider and all later ones,
 * it is divided in proportion to their timeouts, so that a provider that hangs leaves time for the next.
 */
export function attemptTimeout(provider: Provider, later: readonly Provider[], remainingMs: number): number {
  const wanted = later.reduce((sum, { timeoutMs }) => sum + timeoutMs, provider.timeoutMs)
  if (wanted <= remainingMs) return provider.timeoutMs
  return Math.max(0, Math.floor((remainingMs * provider.timeoutMs) / wanted))
}

/** Milliseconds between the ends of requests that arrived together. */
const SPREAD_MS = 2.5

/**
 * The last part of a time limit, in milliseconds: it is reserved for the audit entry and the response. Requests that
 * arrive together would also give up together, and then wait for each other. So each reserves more than the ones that
 * were in progress before (`others`), up to a fifth of its time.
 */
export const reservedMs = (timeoutMs: number, others: number): number =>
  Math.min(250, timeoutMs / 10) + Math.min(SPREAD_MS * others, timeoutMs / 5)

import { LRUCache } from 'lru-cache'
import type { AppContext } from '../app-context.ts'
import { processPace } from '../kit/async/pace.ts'
import { createSemaphore, type Semaphore } from '../kit/async/semaphore.ts'
import { AppError, badInput } from '../kit/errors.ts'
import type { Attempt } from './attempt.ts'
import { abortAfter, acquireWithin } from './bounds.ts'
import { checkAnswer } from './check-answer.ts'
import { parseInput } from './check-input.ts'
import { restriction, UNTRIED } from './circuit.ts'
import type { HealthStore } from './health.ts'
import type { IntentName, IntentOutput, IntentParsed } from './intents.ts'
import { noneAnswered, processBusy, tenantBusy } from './orchestrate-errors.ts'
import { attemptTimeout, plan, reservedMs, type Skip } from './plan.ts'
import { failureOf, type ProviderFailure } from './providers/failure.ts'
import type { Provider } from './providers/registry.ts'
import type { TenantProviders } from './tenant-providers.ts'

/** The tenant of a request, and the request's time limit in milliseconds (default AI_TIMEOUT_MS). */
export interface AiRequest {
  tenantId: string
  /** Other tenants whose data the input contains. Only providers that all of these tenants allow are used. */
  dataOf?: readonly string[]
  timeoutMs?: number | null
  /** When the API request arrived (performance.now()). The time limit begins then, or with the call. */
  receivedAt?: number
  /** The id of the API request, which the events about this AI request name. */
  requestId?: string | null
}

export interface Orchestrated<Output> {
  output: Output
  usedProvider: string
  latencyMs: number
  attempts: Attempt[]
}

/** Called once for each request, whether or not a provider answered. */
export type OnOutcome = (
  outcome: { intent: IntentName; attempts: readonly Attempt[]; latencyMs: number; usedProvider: string | null },
  request: AiRequest,
) => void

/** Called after every call to a provider. */
export type OnCall = (
  provider: string,
  intent: IntentName,
  outcome: 'ok' | ProviderFailure['kind'],
  seconds: number,
) => void

export interface OrchestratorDeps {
  core: Pick<AppContext, 'env' | 'log' | 'clock' | 'random'>
  providers: readonly Provider[]
  health: HealthStore
  tenantProviders: TenantProviders
  onOutcome: OnOutcome
  onCall?: OnCall
}

/** How long a request waits for a free slot of a provider before the next provider is tried. */
const MAX_WAIT_MS = 1_000
/** The part of an attempt's time that it may wait for its turn while many requests call providers. */
const MAX_PACED = 0.5
const MAX_TENANTS = 10_000
/** The answer has to arrive this long before the time limit of the whole API operation. */
const OPERATION_MARGIN_MS = 500
const MIN_TIMEOUT_MS = 100
const NO_TIME = { skip: { reason: 'the time limit of the request was reached', isSpared: false } }

type CallResult = { ok: true; output: unknown; latencyMs: number } | { ok: false; error: string; latencyMs: number }

/**
 * Calls the providers in order until one returns a valid answer. In each process, concurrent requests are limited per
 * provider, per tenant and in total. The health of providers, which decides whether one is skipped, is shared by all
 * processes.
 */
export class Orchestrator {
  readonly providers: readonly Provider[]
  private readonly deps: OrchestratorDeps
  private readonly places: ReadonlyMap<string, Semaphore>
  private readonly tenants = new LRUCache<string, Semaphore>({ max: MAX_TENANTS })
  private readonly maxTimeoutMs: number
  /** Limits the concurrent requests of the whole process. */
  private readonly total: Semaphore
  private inProgress = 0

  constructor(deps: OrchestratorDeps) {
    this.deps = deps
    this.providers = deps.providers
    this.maxTimeoutMs = Math.max(MIN_TIMEOUT_MS, deps.core.env.OPERATION_TIMEOUT_MS - OPERATION_MARGIN_MS)
    this.total = this.semaphore(deps.core.env.AI_CONCURRENCY)
    this.places = new Map(deps.providers.map(({ name, concurrency }) => [name, this.semaphore(concurrency)]))
  }

  /**
   * Answers an intent. Errors in `input` are reported at `path`. Rejects with BAD_USER_INPUT; with RATE_LIMITED when
   * the tenant or the process has too many requests in progress; and with UNAVAILABLE when no provider answered, with
   * every attempt in `extensions.attempts`.
   */
  async orchestrate<Name extends IntentName>(
    name: Name,
    input: unknown,
    request: AiRequest,
    path: readonly string[] = ['input'],
  ): Promise<Orchestrated<IntentOutput<Name>>> {
    const parsed = parseInput(name, input, path)
    const timeoutMs = this.timeoutOf(request)
    const began = request.receivedAt ?? performance.now()
    const left = () => Math.max(0, began + timeoutMs - performance.now())
    const tenant = this.tenantPlaces(request.tenantId)
    // The tenant's place is acquired first: a request that waits for its own tenant must not occupy a place of the
    // process.
    if (!(await acquireWithin(tenant, left()))) throw tenantBusy(request.tenantId, this.deps.core.env)
    try {
      if (!(await acquireWithin(this.total, Math.min(MAX_WAIT_MS, left())))) throw processBusy(this.deps.core.env)
      const until = began + timeoutMs - reservedMs(timeoutMs, this.inProgress)
      this.inProgress += 1
      try {
        return await this.ask(name, parsed, request, { began, until })
      } finally {
        this.inProgress -= 1
        this.total.release()
      }
    } finally {
      tenant.release()
    }
  }

  /** Calls one provider, whatever the state of its circuit, and records the outcome. Drills call this directly. */
  async call<Name extends IntentName>(
    provider: Provider,
    name: Name,
    input: IntentParsed<Name>,
    { timeoutMs, isProbe }: { timeoutMs: number; isProbe: boolean },
  ): Promise<CallResult> {
    const { core, health, onCall } = this.deps
    const began = performance.now()
    let failure: ProviderFailure | null = null
    let output: unknown = null
    try {
      const answer = await abortAfter(timeoutMs, processPace, (signal) => provider.ask(name, input, signal))
      output = checkAnswer(name, input, answer)
    } catch (error) {
      failure = failureOf(error)
    }
    const latencyMs = performance.now() - began
    onCall?.(provider.name, name, failure?.kind ?? 'ok', latencyMs / 1_000)
    const at = core.clock()
    await health
      .record(
        provider,
        failure === null
          ? { ok: true, latencyMs, at }
          : {
              ok: false,
              error: failure.message,
              at,
              isProbe,
              isProviders: failure.isProviders,
              retryAfterMs: failure.retryAfterMs,
            },
      )
      .catch((error: unknown) =>
        core.log.warn({ err: error, provider: provider.name }, 'AI provider health not stored'),
      )
    return failure === null ? { ok: true, output, latencyMs } : { ok: false, error: failure.message, latencyMs }
  }

  private async ask<Name extends IntentName>(
    name: Name,
    input: IntentParsed<Name>,
    request: AiRequest,
    { began, until }: { began: number; until: number },
  ): Promise<Orchestrated<IntentOutput<Name>>> {
    const { core, health, tenantProviders, onOutcome } = this.deps
    const [states, allowed] = await Promise.all([
      health.read(),
      tenantProviders.of([request.tenantId, ...(request.dataOf ?? [])]),
    ])
    const steps = plan({
      providers: this.providers,
      intent: name,
      allowed,
      health: states,
      now: core.clock(),
      random: core.random,
    })
    const attempts: Attempt[] = []
    const skip = (provider: string, { reason, isSpared }: Skip) =>
      attempts.push({ provider, ok: false, skipped: true, isSpared, error: reason, latencyMs: 0 })

    for (const [index, step] of steps.entries()) {
      if (step.skip !== null) {
        skip(step.provider.name, step.skip)
        continue
      }
      const later = steps.slice(index + 1).flatMap((next) => (next.skip === null ? [next.provider] : []))
      const timeoutMs = attemptTimeout(step.provider, later, until - performance.now())
      const result = await this.inPlace(step.provider, timeoutMs, step.isProbe, name, input)
      if ('skip' in result) {
        skip(step.provider.name, result.skip)
        continue
      }
      const { ok, latencyMs } = result
      attempts.push({
        provider: step.provider.name,
        ok,
        skipped: false,
        isSpared: false,
        error: result.ok ? null : result.error,
        latencyMs,
      })
      if (!result.ok) continue
      const latency = performance.now() - began
      onOutcome({ intent: name, attempts, latencyMs: latency, usedProvider: step.provider.name }, request)
      return {
        output: result.output as IntentOutput<Name>,
        usedProvider: step.provider.name,
        latencyMs: latency,
        attempts,
      }
    }
    onOutcome({ intent: name, attempts, latencyMs: performance.now() - began, usedProvider: null }, request)
    throw noneAnswered(name, attempts)
  }

  /** Calls a provider once a slot is free. If the request had to wait, the circuit is checked again. */
  private async inPlace<Name extends IntentName>(
    provider: Provider,
    timeoutMs: number,
    wasProbe: boolean,
    name: Name,
    input: IntentParsed<Name>,
  ): Promise<CallResult | { skip: Skip }> {
    if (timeoutMs <= 0) return NO_TIME
    const place = this.places.get(provider.name)
    if (!place) throw new Error(`provider ${provider.name} is not one of the orchestrator's`)
    const asked = performance.now()
    if (!(await acquireWithin(place, Math.min(MAX_WAIT_MS, timeoutMs))))
      return { skip: { reason: `busy: ${provider.concurrency} requests in progress`, isSpared: true } }
    try {
      let isProbe = wasProbe
      const waitedMs = performance.now() - asked
      if (waitedMs > 1) {
        const health = (await this.deps.health.read()).get(provider.name) ?? UNTRIED
        const restricted = restriction(health, this.deps.core.clock())
        if (restricted !== null && restricted !== 'probe')
          return { skip: { reason: restricted.reason, isSpared: true } }
        isProbe = restricted === 'probe'
      }
      if (isProbe && !(await this.deps.health.claimProbe(provider)))
        return { skip: { reason: 'another request is probing it', isSpared: true } }
      const leftMs = () => timeoutMs - (performance.now() - asked)
      // The call follows at once, because the pace measures how long its preparation takes.
      await processPace(MAX_PACED * leftMs())
      return await this.call(provider, name, input, { timeoutMs: Math.max(1, leftMs()), isProbe })
    } finally {
      place.release()
    }
  }

  private timeoutOf({ timeoutMs }: AiRequest): number {
    if (timeoutMs == null) return Math.min(this.deps.core.env.AI_TIMEOUT_MS, this.maxTimeoutMs)
    if (timeoutMs >= MIN_TIMEOUT_MS && timeoutMs <= this.maxTimeoutMs) return timeoutMs
    throw badInput('input.timeoutMs', `is ${timeoutMs}; expected ${MIN_TIMEOUT_MS} to ${this.maxTimeoutMs}`)
  }

  private tenantPlaces(tenantId: string): Semaphore {
    const existing = this.tenants.get(tenantId)
    if (existing) return existing
    const semaphore = this.semaphore(this.deps.core.env.AI_TENANT_CONCURRENCY)
    this.tenants.set(tenantId, semaphore)
    return semaphore
  }

  private semaphore(places: number): Semaphore {
    // Each caller limits its own wait (bounds.ts). This limit is at least as long as any of these waits.
    const late = () => new AppError('RATE_LIMITED', 'too many AI requests are in progress; try again')
    return createSemaphore({ places, waitMs: this.deps.core.env.OPERATION_TIMEOUT_MS, late })
  }
}

import type { Core } from '../kit/core.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import type { Sender } from '../webhooks/send.ts'
import type { Targets } from '../webhooks/target.ts'
import { attempt } from './attempt.ts'
import { applySigns, type Sign } from './breaker.ts'
import { type Claimed, createClaims, letGo, release, type Ticket } from './claim.ts'
import { InFlight } from './in-flight.ts'
import { DELIVER } from './jobs.ts'
import { Lane } from './lane.ts'
import { park, takeParked } from './parking.ts'
import { createRecorder, type Finished } from './record.ts'

export interface Engine {
  /** Takes deliveries that may be due; what finds no room waits in the database. */
  offer(webhookId: string, tickets: readonly Ticket[]): void
  /** Sends a delivery that is claimed already, past its lane's limits: a probe. */
  sendProbe(claimed: Claimed): void
  /** This webhook has parked deliveries that may go now. */
  drain(webhookId: string): void
  start(): void
  /** Sends nothing new, waits for what is in flight up to `limitMs`, and hands back the rest. */
  stop(limitMs: number): Promise<void>
  /** Resolves when nothing is in memory or under way. */
  idle(): Promise<void>
}

export interface EngineParts {
  targets: Targets
  sender: Sender
  /** Called when a webhook was disabled by what its receiver did. */
  onDisabled: (webhook: { id: string; name: string; tenantId: string | null; reason: string }) => void
}

interface Runner {
  lane: Lane
  /** Claimed, and waiting for a slot. */
  ready: Claimed[]
  pulling: boolean
  waitingForToken: boolean
}

/** A lease has to cover the request and a little more, or another worker may send the same at the same time. */
const LEASE_RESERVE_MS = 1_000
/** How long a drained batch is this worker's before the sweep may take it over. */
const DRAINED_FOR_MS = 60_000
const OUTCOME_PATIENCE = { retryMs: 250, giveUpMs: 10 * 60_000 }

/**
 * Sends deliveries: offer -> claim -> send -> record. Every webhook has its own lane, so that none waits for another; the
 * database statements are shared by all of them. What is in memory here is only a copy: the rows say what is due, and
 * whatever this process loses is found by the sweep.
 */
export function createEngine(core: Core, { targets, sender, onDisabled }: EngineParts): Engine {
  const runners = new Map<string, Runner>()
  const sendable = new Set<Runner>()
  const inFlight = new InFlight(core.env.WORKER_CONCURRENCY, core.clock, () => sendWaiting())
  const claims = createClaims(core)
  const record = createRecorder(core, OUTCOME_PATIENCE)
  const signs = new Map<string, Sign[]>()
  const judging = new Set<string>()
  let stopping = false
  let background = 0
  let unsubscribe = () => {}

  const runnerOf = (webhookId: string): Runner => {
    let runner = runners.get(webhookId)
    if (!runner) {
      runner = { lane: new Lane(webhookId), ready: [], pulling: false, waitingForToken: false }
      const known = targets.peek(webhookId)
      if (known) runner.lane.limits = known
      runners.set(webhookId, runner)
    }
    return runner
  }

  /** Work beside the request path: a failure is logged, and the rows it was about are found again by the sweep. */
  const inBackground = (what: string, work: () => Promise<void>) => {
    background++
    work()
      .catch((error: unknown) => core.log.warn({ err: error }, `${what} failed; the sweep will find what it was about`))
      .finally(() => {
        background--
      })
  }

  const offer = (webhookId: string, tickets: readonly Ticket[]) => {
    if (stopping) return
    const runner = runnerOf(webhookId)
    const full = tickets.filter((ticket) => !runner.lane.offer(ticket))
    if (full.length > 0) {
      inBackground('parking', async () => {
        await park(core, full, runner.lane.limitReason)
        runner.lane.parked = true
        pump(runner)
      })
    }
    pump(runner)
  }

  const pump = (runner: Runner) => {
    const { lane } = runner
    if (stopping) return
    if (runner.ready.length > 0 && lane.hasSlot) sendable.add(runner)
    const room = lane.ahead - runner.ready.length - lane.claiming
    for (const ticket of room > 0 ? lane.take(room) : []) void claim(runner, ticket)
    if (lane.parked && !runner.pulling && lane.waiting <= lane.capacity / 4)
      inBackground('draining', () => pull(runner))
    sendWaiting()
    if (lane.isIdle && runner.ready.length === 0) runners.delete(lane.webhookId)
  }

  const claim = async (runner: Runner, ticket: Ticket) => {
    runner.lane.claiming++
    try {
      const claimed = await claims(ticket)
      if (claimed) {
        const known = targets.peek(claimed.webhookId)
        if (!known || known.version < claimed.webhookVersion) {
          const target = await targets.get(claimed.webhookId, claimed.webhookVersion)
          if (target) runner.lane.limits = target
        }
        runner.ready.push(claimed)
      }
    } catch (error) {
      core.log.warn({ err: error, delivery: ticket.id }, 'not claimed; the sweep will find it')
    } finally {
      runner.lane.claiming--
      pump(runner)
    }
  }

  const pull = async (runner: Runner) => {
    const { lane } = runner
    runner.pulling = true
    try {
      const limit = lane.capacity - lane.waiting
      const now = core.clock()
      const tickets =
        limit > 0 ? await takeParked(core, lane.webhookId, new Date(now), new Date(now + DRAINED_FOR_MS), limit) : []
      lane.parked = tickets.length === limit && limit > 0
      for (const ticket of tickets) lane.offer(ticket)
    } catch (error) {
      lane.parked = false
      throw error
    } finally {
      runner.pulling = false
      pump(runner)
    }
  }

  /** One request a turn for each lane that has one: a long queue does not go before a short one. */
  const sendWaiting = () => {
    for (const runner of sendable) {
      if (!inFlight.hasRoom) return
      sendable.delete(runner)
      if (runner.waitingForToken || !runner.lane.hasSlot || runner.ready.length === 0) continue
      const wait = runner.lane.spendToken(core.clock())
      if (wait > 0) {
        runner.waitingForToken = true
        setTimeout(() => {
          runner.waitingForToken = false
          pump(runner)
        }, wait)
        continue
      }
      void send(runner, runner.ready.shift()!)
      if (runner.ready.length > 0 && runner.lane.hasSlot) sendable.add(runner)
    }
  }

  const send = async (runner: Runner, claimed: Claimed) => {
    const { lane } = runner
    const target = targets.peek(claimed.webhookId)
    if (!target || core.clock() + target.timeoutMs + LEASE_RESERVE_MS > claimed.leaseUntil) {
      inBackground('handing back', () => release(core, [claimed]))
      return
    }
    lane.inFlight++
    inFlight.begin(claimed)
    const finished = await attempt(core, sender, target, claimed)
    inFlight.end(claimed)
    lane.inFlight--
    const ok = finished.outcome.status === 'DELIVERED'
    lane.finished({ durationMs: finished.attempt.durationMs, ok, breaker: target.circuitBreaker })
    inBackground('recording an outcome', async () => {
      try {
        await settle(runner, claimed, finished)
      } finally {
        lane.settled()
        pump(runner)
      }
    })
    pump(runner)
  }

  const settle = async (runner: Runner, claimed: Claimed, finished: Finished) => {
    const ok = finished.outcome.status === 'DELIVERED'
    const written = await record(finished)
    if (!written) {
      core.log.warn(
        { delivery: claimed.id },
        'an outcome came after its lease; another worker has finished the delivery',
      )
      return
    }
    if (
      ok &&
      !claimed.webhookFailing &&
      !claimed.isProbe &&
      !signs.has(claimed.webhookId) &&
      !judging.has(claimed.webhookId)
    )
      return
    const list = signs.get(claimed.webhookId) ?? []
    list.push({ ok, isProbe: claimed.isProbe, at: new Date(core.clock()), disable: finished.outcome.disableWebhook })
    signs.set(claimed.webhookId, list)
    await judge(runner)
  }

  /** Applies the signs of one webhook, one transaction at a time; what comes meanwhile goes with the next. */
  const judge = async (runner: Runner) => {
    const id = runner.lane.webhookId
    if (judging.has(id)) return
    judging.add(id)
    try {
      for (let list = signs.get(id); list; list = signs.get(id)) {
        signs.delete(id)
        const verdict = await applySigns(core, id, list)
        if (verdict.opened || verdict.disabled) handBackReady(runner)
        if (verdict.disabled) onDisabled({ id, ...verdict.disabled })
        if (verdict.closed) drain(id)
      }
    } finally {
      judging.delete(id)
    }
  }

  /** What is claimed and not yet sent is looked at anew: its webhook may have been paused, disabled or changed. */
  const handBackReady = (runner: Runner) => {
    const ready = runner.ready.splice(0)
    if (ready.length > 0) inBackground('handing back', () => release(core, ready))
  }

  const drain = (webhookId: string) => {
    if (stopping) return
    const runner = runnerOf(webhookId)
    runner.lane.parked = true
    pump(runner)
  }

  const isIdle = () =>
    background === 0 &&
    inFlight.count === 0 &&
    [...runners.values()].every(({ lane, ready }) => ready.length === 0 && lane.waiting === 0 && lane.claiming === 0)

  return {
    offer,
    drain,
    sendProbe(claimed) {
      const runner = runnerOf(claimed.webhookId)
      inBackground('a probe', async () => {
        await targets.get(claimed.webhookId, claimed.webhookVersion)
        await send(runner, claimed)
      })
    },
    start() {
      core.jobs.process(DELIVER, 8, async ({ d }) => {
        const byWebhook = new Map<string, Ticket[]>()
        for (const [id, attempts, webhookId] of d) {
          const list = byWebhook.get(webhookId)
          if (list) list.push({ id, attempts })
          else byWebhook.set(webhookId, [{ id, attempts }])
        }
        for (const [webhookId, tickets] of byWebhook) offer(webhookId, tickets)
      })
      unsubscribe = core.pubsub.subscribe(CHANNELS.webhooks, (id) => {
        for (const runner of id === null ? runners.values() : [runners.get(id)]) if (runner) handBackReady(runner)
        if (id !== null) drain(id)
      })
      inFlight.start()
    },
    async stop(limitMs) {
      stopping = true
      unsubscribe()
      await Promise.all([
        letGo(
          core,
          [...runners.values()].flatMap(({ lane }) => lane.take(lane.waiting)),
        ),
        release(
          core,
          [...runners.values()].flatMap(({ ready }) => ready.splice(0)),
        ),
      ]).catch((error: unknown) => core.log.warn({ err: error }, 'not handed back; the sweep will find them'))
      const left = await inFlight.drained(limitMs)
      if (left.length > 0) {
        core.log.warn(
          { deliveries: left.length },
          'handed back while in flight: their receivers take longer than a stop may',
        )
        await release(core, left)
      }
      await record.idle()
      inFlight.stop()
    },
    async idle() {
      while (!isIdle()) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

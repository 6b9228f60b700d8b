import type { AppContext } from '../../app-context.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import type { Sender } from '../../webhooks/send.ts'
import type { Targets } from '../../webhooks/target.ts'
import { attempt } from './attempt.ts'
import { addToBacklog, takeFromBacklog } from './backlog.ts'
import { CircuitStore } from './circuit-store.ts'
import { type Claimed, createClaims, letGo, release, type Ticket } from './claim.ts'
import { InFlight } from './in-flight.ts'
import { DELIVER } from './jobs.ts'
import { Lane } from './lane.ts'
import { createRecorder, type Finished } from './record-outcome.ts'

export interface Engine {
  /** Takes deliveries that may be due; what finds no room waits in the database. */
  offer(webhookId: string, tickets: readonly Ticket[]): void
  /** Sends a delivery that is claimed already, past its lane's limits: a probe. */
  sendProbe(claimed: Claimed): void
  /** Starts to pull the webhook's backlog: its parked deliveries may be sent now. */
  pullBacklog(webhookId: string): void
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
/** How long a drained batch is this worker's before the sweep may take it over: a slow lane takes its time. */
const PULLED_FOR_GRACES = 6
/** A batch that is drained goes back when the lane turns out to be slow: it is to be no larger than what that costs. */
const PULLED_AT_ONCE = 1_000
const OUTCOME_PATIENCE = { retryMs: 250, giveUpMs: 10 * 60_000 }

/**
 * Sends deliveries: offer -> claim -> send -> record. Every webhook has its own lane, so that none waits for another; the
 * database statements are shared by all of them. What is in memory here is only a copy: the rows say what is due, and
 * whatever this process loses is found by the sweep.
 */
export function createEngine(core: AppContext, { targets, sender, onDisabled }: EngineParts): Engine {
  const runners = new Map<string, Runner>()
  const sendable = new Set<Runner>()
  /** Deliveries that are claimed here, or about to be, until their outcome is written down: no other copy of one gets in. */
  const inHand = new Set<string>()
  const inFlight = new InFlight(core.env.WORKER_CONCURRENCY, {
    room: () => sendWaiting(),
    slow: ({ webhookId }, ageMs) => slowDown(webhookId, ageMs),
  })
  const claims = createClaims(core)
  const record = createRecorder(core, OUTCOME_PATIENCE)
  /** Requests that a stop did not wait for: what becomes of them here does not count any more. */
  const abandoned = new Set<Claimed>()
  const tasks = new Set<Promise<void>>()
  let stopping = false
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
    const task = work()
      .catch((error: unknown) => core.log.warn({ err: error }, `${what} failed; the sweep will find what it was about`))
      .finally(() => tasks.delete(task))
    tasks.add(task)
  }

  const offer = (webhookId: string, tickets: readonly Ticket[]) => {
    if (stopping) return
    const runner = runnerOf(webhookId)
    parkAll(
      runner,
      tickets.filter((ticket) => !admit(runner, ticket)),
    )
    pump(runner)
  }

  const admit = ({ lane }: Runner, ticket: Ticket) => inHand.has(ticket.id) || lane.offer(ticket)

  const parkAll = ({ lane }: Runner, tickets: readonly Ticket[]) => {
    if (tickets.length === 0) return
    inBackground('parking', async () => {
      await addToBacklog(core, tickets, lane.limitReason)
      pullBacklog(lane.webhookId)
    })
  }

  /** A lane whose requests hang keeps no more than a slow one may: the rest is put where others can see why it waits. */
  const slowDown = (webhookId: string, ageMs: number) => {
    const runner = runners.get(webhookId)
    if (!runner || stopping) return
    runner.lane.outlasts(ageMs)
    handBack(runner.ready.splice(0))
    parkAll(runner, runner.lane.shed())
  }

  const pump = (runner: Runner) => {
    const { lane } = runner
    if (stopping) return
    if (runner.ready.length > 0 && lane.hasSlot) sendable.add(runner)
    const count = lane.claimable(runner.ready.length)
    for (const ticket of count > 0 ? lane.take(count) : []) inBackground('claiming', () => claim(runner, ticket))
    if (lane.parked && !runner.pulling && lane.waiting <= lane.capacity / 4)
      inBackground('pulling the backlog', () => pull(runner))
    sendWaiting()
    if (lane.isIdle && runner.ready.length === 0) runners.delete(lane.webhookId)
  }

  const claim = async (runner: Runner, ticket: Ticket) => {
    const { lane } = runner
    lane.claiming++
    inHand.add(ticket.id)
    let kept = false
    try {
      const claimed = await claims(ticket)
      if (!claimed) return
      const target = await targets.get(claimed.webhookId, claimed.webhookVersion)
      if (stopping) return handBack([claimed])
      if (target && lane.limits !== target) {
        lane.limits = target
        parkAll(runner, lane.shed())
      }
      runner.ready.push(claimed)
      kept = true
    } catch (error) {
      // Many fail at once; what stopped them is logged with the statement.
      core.log.debug({ err: error, delivery: ticket.id }, 'not claimed; the sweep will find it')
    } finally {
      if (!kept) inHand.delete(ticket.id)
      lane.claiming--
      pump(runner)
    }
  }

  const pull = async (runner: Runner) => {
    const { lane } = runner
    runner.pulling = true
    try {
      const limit = Math.min(lane.capacity - lane.waiting, PULLED_AT_ONCE)
      const now = core.clock()
      const tickets =
        limit > 0
          ? await takeFromBacklog(
              core,
              lane.webhookId,
              new Date(now),
              new Date(now + PULLED_FOR_GRACES * core.env.HANDOFF_GRACE_MS),
              limit,
            )
          : []
      lane.parked = tickets.length === limit && limit > 0
      parkAll(
        runner,
        tickets.filter((ticket) => !admit(runner, ticket)),
      )
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
      handBackStale(runner)
      const next = runner.ready[0]
      if (!next) continue
      const wait = runner.lane.spendToken(core.clock())
      if (wait > 0) {
        runner.waitingForToken = true
        setTimeout(() => {
          runner.waitingForToken = false
          pump(runner)
        }, wait)
        continue
      }
      runner.ready.shift()
      void send(runner, next)
      if (runner.ready.length > 0 && runner.lane.hasSlot) sendable.add(runner)
    }
  }

  /** What waited here for so long that its lease no longer covers the request; the oldest are in front. */
  const handBackStale = (runner: Runner) => {
    const good = runner.ready.findIndex((claimed) => !isStale(claimed))
    if (good === 0) return
    const stale = runner.ready.splice(0, good === -1 ? runner.ready.length : good)
    handBack(stale, () => pump(runner))
  }
  const isStale = ({ webhookId, leaseUntil }: Claimed) => {
    const target = targets.peek(webhookId)
    return !target || core.clock() + target.timeoutMs + LEASE_RESERVE_MS > leaseUntil
  }

  const send = async (runner: Runner, claimed: Claimed) => {
    const { lane } = runner
    const target = targets.peek(claimed.webhookId)
    if (!target) return handBack([claimed])
    lane.inFlight++
    inFlight.begin(claimed)
    const finished = await attempt(core, sender, target, claimed)
    inFlight.end(claimed)
    lane.inFlight--
    if (abandoned.has(claimed)) return
    const ok = finished.outcome.status === 'DELIVERED'
    lane.finished({ durationMs: finished.attempt.durationMs, ok, breaker: target.circuitBreaker })
    inBackground('recording an outcome', async () => {
      try {
        await settle(claimed, finished)
      } finally {
        lane.settled()
        pump(runner)
      }
    })
    pump(runner)
  }

  const settle = async (claimed: Claimed, finished: Finished) => {
    const { id, webhookId, webhookFailing, isProbe } = claimed
    const ok = finished.outcome.status === 'DELIVERED'
    const written = await record(finished).finally(() => inHand.delete(id))
    if (!written) {
      core.log.warn({ delivery: id }, 'an outcome came after its lease; another worker has finished the delivery')
      return
    }
    if (ok && !webhookFailing && !isProbe && !circuits.isBusy(webhookId)) return
    const disable = finished.outcome.disableWebhook
    await circuits.apply(webhookId, { ok, isProbe, at: new Date(core.clock()), disable })
  }

  const circuits = new CircuitStore(core, (id, change) => {
    // Deliveries that are claimed and not yet sent are held with the rest.
    if (change.opened || change.disabled) handBack(runners.get(id)?.ready.splice(0) ?? [])
    if (change.disabled) onDisabled({ id, ...change.disabled })
    if (change.closed) pullBacklog(id)
  })

  const handBack = (claimed: readonly Claimed[], then = () => {}) => {
    if (claimed.length === 0) return
    for (const { id } of claimed) inHand.delete(id)
    inBackground('handing back', async () => {
      await release(core, claimed)
      then()
    })
  }

  const pullBacklog = (webhookId: string) => {
    if (stopping) return
    const runner = runnerOf(webhookId)
    runner.lane.parked = true
    pump(runner)
  }

  const isIdle = () =>
    tasks.size === 0 &&
    inFlight.count === 0 &&
    [...runners.values()].every(({ lane, ready }) => ready.length === 0 && lane.waiting === 0 && lane.claiming === 0)

  return {
    offer,
    pullBacklog,
    sendProbe(claimed) {
      const runner = runnerOf(claimed.webhookId)
      inHand.add(claimed.id)
      inBackground('a probe', async () => {
        await targets.get(claimed.webhookId, claimed.webhookVersion).catch((error: unknown) => {
          inHand.delete(claimed.id)
          throw error
        })
        await send(runner, claimed)
      })
    },
    start() {
      core.jobs.process(DELIVER, 1, async ({ d }) => {
        const byWebhook = new Map<string, Ticket[]>()
        for (const [id, attempts, webhookId] of d) {
          const list = byWebhook.get(webhookId)
          if (list) list.push({ id, attempts })
          else byWebhook.set(webhookId, [{ id, attempts }])
        }
        for (const [webhookId, tickets] of byWebhook) offer(webhookId, tickets)
      })
      unsubscribe = core.pubsub.subscribe(CHANNELS.webhooks, (id) => {
        // The webhooks may have been paused, disabled or changed.
        for (const runner of id === null ? runners.values() : [runners.get(id)])
          if (runner) handBack(runner.ready.splice(0))
        if (id !== null) pullBacklog(id)
      })
      inFlight.start()
    },
    async stop(limitMs) {
      stopping = true
      unsubscribe()
      const all = [...runners.values()]
      inBackground('handing back', () =>
        letGo(
          core,
          all.flatMap(({ lane }) => lane.take(lane.waiting)),
        ),
      )
      handBack(all.flatMap(({ ready }) => ready.splice(0)))
      const left = await inFlight.drained(limitMs)
      if (left.length > 0) {
        core.log.warn(
          { deliveries: left.length },
          'handed back while in flight: their receivers take longer than a stop may',
        )
        for (const claimed of left) abandoned.add(claimed)
        handBack(left)
      }
      while (tasks.size > 0) await Promise.all(tasks)
      inFlight.stop()
    },
    async idle() {
      while (!isIdle()) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

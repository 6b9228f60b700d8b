import type { RateLimiter } from '../../access/rate-limiter.ts'
import type { AppContext } from '../../app-context.ts'
import { system } from '../../identity/identity.ts'
import { DEFAULT_TENANT, reaches, writeTenant } from '../../identity/tenant-scope.ts'
import { AppError, badInput, conflict } from '../../kit/errors.ts'
import { JsonText } from '../../kit/json/json-text.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { UndeclaredTypes } from '../catalogue/undeclared-types.ts'
import { type EventRow, readEventsById } from '../event-row.ts'
import { encodeFeedCursor } from '../feed/cursor.ts'
import { APPEND_MAX } from './append.ts'
import type { Append } from './append-hooks.ts'
import { type Caller, type NewEvent, normalise, type PublishInput } from './event-input.ts'
import { type Admission, withinRates } from './rate-admission.ts'
import { checkNotReserved } from './reserved-types.ts'
import { tracePublish } from './trace-publish.ts'

export type { EventRow } from '../event-row.ts'
export type { Caller, PublishInput } from './event-input.ts'

/**
 * The outcome of one event: it was stored, it is a duplicate of the first event with its idempotency key, or it was
 * refused with an error.
 */
export type PublishOutcome = { event: EventRow; deduplicated: boolean } | { error: AppError }

export interface Publisher {
  /**
   * Publishes up to 1,000 events. The outcomes are in the order of the input. An invalid event does not affect the
   * others. Paths in the errors are relative to the event. Throws BAD_USER_INPUT for more than 1,000 events.
   */
  publish(caller: Caller, inputs: readonly PublishInput[]): Promise<PublishOutcome[]>
  /**
   * Publishes an event of AetherLink itself. If tenantId is null, it is a system event. Returns at once and never
   * throws. If publishing fails, the error is logged and the event is lost.
   */
  announce(source: string, event: Announcement): void
  /** Like `announce`, but resolves when the event is stored and rejects if that fails. */
  publishAsSystem(source: string, event: Announcement): Promise<void>
  /** The cursor of an event in the feed. */
  cursorOf(event: Pick<EventRow, 'seq'>): string
  /** Resolves when no publish is in progress. */
  idle(): Promise<void>
}

/** An event of AetherLink itself. If tenantId is null, it is a system event. */
export interface Announcement extends Omit<PublishInput, 'source' | 'tenantId' | 'payload'> {
  tenantId: string | null
  payload?: object
}

export const MAX_BATCH = 1_000

export function createPublisher(
  core: AppContext,
  catalogue: Catalogue,
  append: Append & { idle(): Promise<void> },
  seen: UndeclaredTypes,
  rateLimiter: RateLimiter,
): Publisher {
  const announcing = new Set<Promise<unknown>>()

  const store = async (events: NewEvent[]): Promise<PublishOutcome[]> => {
    const appended = (await Promise.all(chunks(events, APPEND_MAX).map(append))).flat()
    const duplicated = appended.flatMap((at) => ('duplicateOf' in at ? [at.duplicateOf] : []))
    const originals = duplicated.length > 0 ? await readEventsById(core.db.query, duplicated) : []
    const firsts = new Map(originals.map((row) => [row.id, row]))
    return events.map((event, i) => {
      const at = appended[i]!
      if ('seq' in at) return { event: rowOf(event, at.seq), deduplicated: false }
      const first = firsts.get(at.duplicateOf)
      return first
        ? { event: first, deduplicated: true }
        : { error: conflict('the first event with this idempotencyKey has been pruned already') }
    })
  }

  const publishAs = (caller: Caller, inputs: readonly PublishInput[], admissions: readonly Admission[]) =>
    tracePublish(core.tracing, caller, inputs, (traced) => publishAdmitted(traced, inputs, admissions))

  const publishAdmitted = async (
    caller: Caller,
    inputs: readonly PublishInput[],
    admissions: readonly Admission[],
  ): Promise<PublishOutcome[]> => {
    const types = await catalogue.all()
    const outcomes: PublishOutcome[] = new Array(inputs.length)
    const events: NewEvent[] = []
    const positions: number[] = []
    for (const [i, input] of inputs.entries()) {
      const admission = admissions[i]!
      const event =
        'error' in admission
          ? admission
          : attempt(() => normalise(input, admission.tenantId, types.get(input.type), caller))
      if ('error' in event) outcomes[i] = event
      else {
        events.push(event)
        positions.push(i)
      }
    }
    if (events.length > 0) {
      const stored = await store(events)
      for (const [n, i] of positions.entries()) outcomes[i] = stored[n]!
      for (const event of events) seen.note(event.tenantId, event.type, types)
    }
    return outcomes
  }

  const publishAsSystem: Publisher['publishAsSystem'] = async (source, { payload, ...event }) => {
    const caller: Caller = { identity: system(source), clientIp: null, trace: null }
    const [outcome] = await publishAs(
      caller,
      [{ ...event, source, payload: payload && JsonText.of(payload) }],
      [{ tenantId: event.tenantId }],
    )
    if (outcome && 'error' in outcome) throw outcome.error
  }

  return {
    cursorOf: ({ seq }) => encodeFeedCursor(core, seq),
    async publish(caller, inputs) {
      if (inputs.length > MAX_BATCH)
        throw badInput('input', `has ${inputs.length} events; expected at most ${MAX_BATCH} in one batch`)
      const tenants = inputs.map((input) => attempt(() => tenantOf(caller, input)))
      const isLimited = caller.identity.kind !== 'SYSTEM'
      const outcomes = await publishAs(caller, inputs, isLimited ? await withinRates(rateLimiter, tenants) : tenants)
      // Idempotency keys are stored per tenant, so the first event with a key always belongs to a tenant of the caller.
      for (const outcome of outcomes)
        if ('event' in outcome && !reaches(caller.identity, outcome.event.tenantId))
          throw new Error('an event of another tenant')
      return outcomes
    },
    publishAsSystem,
    announce(source, event) {
      const publishing = publishAsSystem(source, event)
        .catch((error: unknown) =>
          core.log.error({ err: error, type: event.type }, 'an internal event could not be published'),
        )
        .finally(() => announcing.delete(publishing))
      announcing.add(publishing)
    },
    async idle() {
      while (announcing.size > 0) await Promise.all(announcing)
      await append.idle()
      await seen.flush()
    },
  }
}

/**
 * The tenant for which a caller publishes an event. Throws FORBIDDEN for a reserved type or source, and for another
 * tenant.
 */
function tenantOf({ identity }: Caller, input: PublishInput): { tenantId: string } {
  checkNotReserved(identity, input)
  return { tenantId: writeTenant(identity, input.tenantId, 'tenantId') ?? DEFAULT_TENANT }
}

/** The result of `work`. If it throws an AppError, the error. */
function attempt<Result extends object>(work: () => Result): Result | { error: AppError } {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { error }
  }
}

/**
 * Each field is copied separately. Removing two fields with a rest pattern is about 100 times slower, and this runs for
 * every event.
 */
function rowOf(event: NewEvent, seq: bigint): EventRow {
  return {
    id: event.id,
    seq,
    tenantId: event.tenantId,
    type: event.type,
    source: event.source,
    severity: event.severity,
    subject: event.subject,
    payload: event.payload,
    occurredAt: event.occurredAt,
    receivedAt: event.receivedAt,
    publishedByKind: event.publishedByKind,
    publishedById: event.publishedById,
    publishedByName: event.publishedByName,
    clientIp: event.clientIp,
    correlationId: event.correlationId,
    causationId: event.causationId,
    expiresAt: event.expiresAt,
    traceParent: event.traceParent,
    traceState: event.traceState,
    restoredAt: null,
  }
}

function chunks<T>(items: T[], size: number): T[][] {
  if (items.length <= size) return [items]
  const out: T[][] = []
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size))
  return out
}

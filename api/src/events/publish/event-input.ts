import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { Identity } from '../../identity/identity.ts'
import { TENANT_SLUG } from '../../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import { newId, uuidTime } from '../../kit/ids.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import { CONTROL } from '../../kit/one-line.ts'
import { parseTraceparent, parseTracestate, type TraceContext } from '../../tracing/trace-context.ts'
import { type DeclaredType, UNDECLARED_SEVERITY } from '../catalogue/catalogue.ts'
import type { EventRow } from '../event-row.ts'
import { EMPTY_PAYLOAD, readPayload } from './payload.ts'

/** An event as a producer sends it. Null has the same meaning as absent. */
export interface PublishInput {
  type: string
  source: string
  severity?: Severity | null
  subject?: string | null
  tenantId?: string | null
  payload?: JsonText | null
  occurredAt?: Date | null
  /** At this time, deliveries that have not been delivered yet are cancelled. */
  expiresAt?: Date | null
  idempotencyKey?: string | null
  correlationId?: string | null
  causationId?: string | null
  /** The W3C Trace Context in which the event was created. By default, that of the request is used. */
  traceparent?: string | null
  /** Ignored without a traceparent. */
  tracestate?: string | null
}

/** How an alert event is routed. This replaces the normal fan-out and rule matching. */
export interface Route {
  /** The rule of the alert. It must not count its own event. */
  ruleId: string
  /** Ids of the webhooks that get the event. Null: every webhook that subscribes to the type at this severity. */
  webhookIds: readonly string[] | null
  severity: Severity
}

/** An event that is ready to be appended. It has no feed position yet. */
export interface NewEvent extends Omit<EventRow, 'seq' | 'restoredAt'> {
  idempotencyKey: string | null
  route: Route | null
}

export interface Caller {
  identity: Identity
  clientIp: string | null
  /** The trace of the request that publishes the event. */
  trace: TraceContext | null
}

const LIMITS = {
  type: 255,
  source: 512,
  subject: 1024,
  idempotencyKey: 255,
  correlationId: 255,
  causationId: 255,
} as const
const PAYLOAD_PATH = ['payload']
const YEAR_1970 = 0
const YEAR_10000 = 253_402_300_800_000

/**
 * Validates an event and sets defaults. Throws BAD_USER_INPUT that lists all problems, or PAYLOAD_TOO_LARGE. Paths are
 * relative to the event. `tenantId` is the tenant of the event after the access check; null for a system event.
 */
export function normalise(
  input: PublishInput,
  tenantId: string | null,
  declared: DeclaredType | undefined,
  caller: Caller,
): NewEvent {
  const issues: InputIssue[] = []
  const wrong = (field: string, message: string) => issues.push({ path: [field], message })

  for (const field of ['type', 'source', 'subject', 'idempotencyKey', 'correlationId', 'causationId'] as const) {
    const value = input[field]
    if (value === undefined || value === null) continue
    const required = field !== 'subject'
    if (required && value === '') wrong(field, `is empty; expected 1 to ${LIMITS[field]} characters`)
    else if (value.length > LIMITS[field])
      wrong(field, `has ${value.length} characters; expected at most ${LIMITS[field]}`)
    else if (CONTROL.test(value)) wrong(field, 'has a control character or a line break')
    else if (!value.isWellFormed()) wrong(field, 'has half a surrogate pair')
    else if (field === 'type' && /[\s*]/.test(value))
      wrong(field, `${JSON.stringify(value)} has a space or a *; expected a name such as order.created`)
  }
  for (const field of ['occurredAt', 'expiresAt'] as const) {
    const instant = input[field]?.getTime()
    if (instant !== undefined && !(instant >= YEAR_1970 && instant < YEAR_10000))
      wrong(field, 'expected an instant between 1970 and 9999')
  }
  if (tenantId !== null && !TENANT_SLUG.test(tenantId))
    wrong('tenantId', `${JSON.stringify(tenantId.slice(0, 80))} is not a tenant`)

  const trace = traceOf(input, caller, wrong)

  const payload = input.payload == null || input.payload.value === null ? EMPTY_PAYLOAD : input.payload
  const payloadValue = readPayload(payload, PAYLOAD_PATH)
  if (issues.length > 0) throw badInputs(issues)
  const breaks = declared?.check(payloadValue)
  if (breaks) {
    throw badInputs(
      breaks.map((issue) => ({
        path: [...PAYLOAD_PATH, ...issue.path],
        message: `${issue.message} (schema of ${declared!.name})`,
      })),
    )
  }

  const id = newId()
  const receivedAt = new Date(uuidTime(id))
  return {
    id,
    tenantId,
    type: input.type,
    source: input.source,
    severity: input.severity ?? declared?.defaultSeverity ?? UNDECLARED_SEVERITY,
    subject: input.subject ?? null,
    payload,
    occurredAt: input.occurredAt ?? receivedAt,
    receivedAt,
    publishedByKind: caller.identity.kind,
    publishedById: caller.identity.id,
    publishedByName: caller.identity.name,
    clientIp: caller.clientIp,
    correlationId: input.correlationId ?? null,
    causationId: input.causationId ?? null,
    expiresAt: input.expiresAt ?? null,
    traceParent: trace?.traceparent ?? null,
    traceState: trace?.tracestate ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
    route: null,
  }
}

/** The trace of an event: its own, or else that of the request. `wrong` is called for each problem. */
function traceOf(
  { traceparent: ownParent, tracestate: ownState }: PublishInput,
  { trace }: Caller,
  wrong: (field: string, message: string) => unknown,
): TraceContext | null {
  if (ownParent == null) return trace
  const traceparent = parseTraceparent(ownParent)
  const tracestate = ownState == null ? null : parseTracestate(ownState)
  if (traceparent === null)
    wrong('traceparent', `is ${JSON.stringify(ownParent.slice(0, 80))}; expected W3C Trace Context, such as ${EXAMPLE}`)
  if (ownState && tracestate === null)
    wrong(
      'tracestate',
      'is not a list of W3C Trace Context such as vendor=value,other=value, of at most 512 characters',
    )
  return traceparent === null ? null : { traceparent, tracestate }
}

const EXAMPLE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

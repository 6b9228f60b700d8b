import type { AppError } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { parseTraceparent, type TraceContext } from '../../tracing/trace-context.ts'
import type { Tracing } from '../../tracing/tracing.ts'
import type { Caller, PublishInput } from './event-input.ts'

type Traceable = Pick<PublishInput, 'type' | 'traceparent'>
type Outcome = { event: { id: string; tenantId: string | null } } | { error: AppError }

/** Maximum number of traces that the span of a batch links to. */
const MAX_LINKS = 32

/**
 * Runs `publish` within a span. An event without a trace of its own continues this span. If a single event is published
 * and has its own trace, the span becomes part of that trace. The span of a batch links to the traces of its events.
 */
export async function tracePublish<Result extends Outcome>(
  tracing: Tracing,
  caller: Caller,
  inputs: readonly Traceable[],
  publish: (caller: Caller) => Promise<Result[]>,
): Promise<Result[]> {
  const span = tracing.start('publish', () => {
    const ownTraces = inputs.flatMap(ownTrace)
    const [first] = inputs
    const only = inputs.length === 1 ? ownTraces[0] : undefined
    return {
      kind: 'producer',
      parent: only ?? caller.trace,
      links: only ? (caller.trace ? [caller.trace] : []) : ownTraces.slice(0, MAX_LINKS),
      attributes: {
        'messaging.system': 'aetherlink',
        'messaging.operation.name': 'publish',
        'messaging.batch.message_count': inputs.length === 1 ? null : inputs.length,
        'aetherlink.event.type': inputs.length === 1 ? first?.type : null,
        'aetherlink.publisher.id': caller.identity.id,
      },
    }
  })
  if (!span) return publish(caller)
  try {
    const outcomes = await publish({ identity: caller.identity, clientIp: caller.clientIp, trace: span.trace })
    const [only] = outcomes
    const refused = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.code] : []))
    span.set({
      'messaging.message.id': outcomes.length === 1 && only && 'event' in only ? publicId('evt', only.event.id) : null,
      'aetherlink.tenant.id': only && 'event' in only ? only.event.tenantId : null,
      'aetherlink.events.refused': refused.length > 0 ? refused.length : null,
    })
    span.end(refused.length === outcomes.length ? refused[0] : null)
    return outcomes
  } catch (error) {
    span.end(error instanceof Error ? error.name : 'error')
    throw error
  }
}

function ownTrace({ traceparent: header }: Traceable): TraceContext[] {
  const traceparent = header == null ? null : parseTraceparent(header)
  return traceparent === null ? [] : [{ traceparent, tracestate: null }]
}

import {
  createTraceState,
  DiagLogLevel,
  diag,
  type Attributes as OtelAttributes,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import packageJson from '../../package.json' with { type: 'json' }
import { withinTime } from '../kit/async/within-time.ts'
import type { Log } from '../kit/log.ts'
import { PROCESS_NAME } from '../kit/process/process-name.ts'
import { truncate } from '../kit/truncate.ts'
import { createSampler, type SamplerSettings } from './sampler.ts'
import { formatTraceparent, type TraceContext, traceIdOf } from './trace-context.ts'
import type { Attributes, Tracing } from './tracing.ts'

const KINDS = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, client: SpanKind.CLIENT }
/** How long to wait for the last export. An unavailable receiver must not delay the end of the process. */
const CLOSE_MS = 3_000
/** While the receiver of spans is unavailable, every batch fails; a warning is logged once in this time. */
const COMPLAIN_EVERY_MS = 60_000
const MAX_COMPLAINT = 500

/**
 * Tracing with OpenTelemetry's SDK. The SDK itself reads the environment variables of OpenTelemetry: endpoint, headers,
 * resource, batches and limits. Only the sampler has other defaults (sampler.ts). The provider is not registered globally.
 */
export function createOtlpTracing(settings: SamplerSettings, service: string, log: Log): Tracing {
  complainTo(log)
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': `aetherlink-${service}`,
      'service.version': packageJson.version,
      'service.instance.id': PROCESS_NAME,
    }).merge(detectResources({ detectors: [envDetector] })),
    sampler: createSampler(settings),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('aetherlink', packageJson.version)
  let closing: Promise<void> | undefined
  return {
    start(name, options) {
      const { kind, parent, links, attributes } = options()
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes: present(attributes),
          ...(links && { links: links.map((link) => ({ context: spanContextOf(link) })) }),
        },
        parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT,
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      return {
        trace: {
          traceparent: formatTraceparent(traceId, spanId, traceFlags),
          tracestate: parent?.tracestate ?? null,
        },
        set: (more) => void span.setAttributes(present(more)),
        end(error = null) {
          if (error !== null) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    close() {
      closing ??= withinTime(provider.shutdown(), CLOSE_MS, () => new Error(`not done within ${CLOSE_MS} ms`)).catch(
        (error: unknown) => log.warn({ err: error }, 'the last spans were not exported'),
      )
      return closing
    },
  }
}

function present(attributes: Attributes): OtelAttributes {
  const values: OtelAttributes = {}
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== null && value !== undefined) values[name] = value
  }
  return values
}

function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext {
  return {
    traceId: traceIdOf(traceparent),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53), 16),
    isRemote: true,
    ...(tracestate !== null && { traceState: createTraceState(tracestate) }),
  }
}

/** Logs messages of the SDK as warnings, at most one a minute. */
function complainTo(log: Log): void {
  let next = 0
  const complain = (message: string) => {
    const now = performance.now()
    if (now < next) return
    next = now + COMPLAIN_EVERY_MS
    log.warn({ reason: truncate(message, MAX_COMPLAINT) }, 'some spans were not exported')
  }
  const nothing = () => {}
  diag.setLogger(
    { error: complain, warn: complain, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}

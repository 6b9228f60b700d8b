import type { Env } from '../env.ts'
import type { Log } from '../kit/log.ts'
import type { SamplerSettings } from './sampler.ts'
import { noTracing, type Tracing } from './tracing.ts'

type TracingSettings = SamplerSettings &
  Pick<
    Env,
    | 'OTEL_EXPORTER_OTLP_ENDPOINT'
    | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
    | 'OTEL_SDK_DISABLED'
    | 'OTEL_TRACES_EXPORTER'
    | 'LOG_LEVEL'
  >

/** The tracing of a process. Unless an endpoint is set, tracing is off and OpenTelemetry's SDK is not loaded. */
export async function createTracing(env: TracingSettings, service: string, log: Log): Promise<Tracing> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined || env.OTEL_SDK_DISABLED || env.OTEL_TRACES_EXPORTER === 'none') return noTracing
  const { createOtlpTracing } = await import('./otlp.ts')
  return createOtlpTracing(env, service, log)
}

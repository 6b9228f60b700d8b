import { z } from 'zod'
import { flag, httpUrl } from './types.ts'

/**
 * Settings of tracing, with OpenTelemetry's names. The OpenTelemetry SDK reads them, and further OTEL variables, from
 * the environment itself.
 */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe(
      'receiver of traces by OTLP over HTTP in JSON, such as http://collector:4318; tracing is off when unset; docs/traces.md',
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl
    .optional()
    .describe('the same as the whole URL for traces, such as http://collector:4318/v1/traces'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe('headers for that receiver, such as authorization=Bearer%20secret, comma-separated'),
  OTEL_SDK_DISABLED: flag.default(false).describe('true turns tracing off'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).default('otlp').describe('none turns tracing off'),
  OTEL_SERVICE_NAME: z
    .string()
    .optional()
    .describe('service name in traces; unset: aetherlink-api and aetherlink-worker'),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .optional()
    .describe('attributes of all spans, such as deployment.environment.name=production, comma-separated'),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_traceidratio')
    .describe('which traces are recorded; parentbased_: the decision of the publisher holds for its traces'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('share of traces that the traceidratio samplers record, from 0 to 1'),
} as const

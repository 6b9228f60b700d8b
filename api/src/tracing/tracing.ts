import type { TraceContext } from './trace-context.ts'

/** Values of a span by their names in OpenTelemetry's semantic conventions; absent ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface SpanOptions {
  /** `server` handles a request, `producer` publishes events, `client` sends a request. */
  kind: 'server' | 'producer' | 'client'
  /** Null begins a new trace. */
  parent: TraceContext | null
  /** Other traces that this is about. */
  links?: readonly TraceContext[]
  attributes: Attributes
}

export interface Span {
  /** What continues the trace after this span. */
  readonly trace: TraceContext
  set(attributes: Attributes): void
  /** Ends the span. `error` is the kind of a failure: a name from a small set. */
  end(error?: string | null): void
}

/** Spans are passed on as values: there is no ambient context, and nothing is patched. */
export interface Tracing {
  /** Begins a span; null while tracing is off, when `options` are not evaluated. */
  start(name: string, options: () => SpanOptions): Span | null
  /** Exports the spans that have ended, for a few seconds at most. */
  close(): Promise<void>
}

export const noTracing: Tracing = { start: () => null, close: async () => {} }

import type { TraceContext } from './trace-context.ts'

/**
 * Attributes of a span by their names in OpenTelemetry's semantic conventions. Null and undefined values are left out.
 */
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface SpanOptions {
  /** `server` handles a request, `producer` publishes events, `client` sends a request. */
  kind: 'server' | 'producer' | 'client'
  /** Null begins a new trace. */
  parent: TraceContext | null
  /** Related traces, such as those of the events in a batch. */
  links?: readonly TraceContext[]
  attributes: Attributes
}

export interface Span {
  /** The trace context for work that continues the trace after this span. */
  readonly trace: TraceContext
  set(attributes: Attributes): void
  /** Ends the span. `error` is the kind of failure: a name from a small set. */
  end(error?: string | null): void
}

/** Spans are passed as values: there is no ambient context, and no library is patched. */
export interface Tracing {
  /** Begins a span. While tracing is off, returns null without calling `options`. */
  start(name: string, options: () => SpanOptions): Span | null
  /** Exports the ended spans; gives up after a few seconds. */
  close(): Promise<void>
}

export const noTracing: Tracing = { start: () => null, close: async () => {} }

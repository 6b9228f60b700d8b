import { Counter, Histogram, type Registry } from 'prom-client'
import type { OnCall } from './orchestrate.ts'

/** Counts and times the calls to AI providers. */
export function observeCalls(registry: Registry): OnCall {
  const calls = new Counter({
    name: 'aetherlink_ai_calls_total',
    help: 'Calls to AI providers, by provider, intent and outcome (ok, or the kind of failure)',
    labelNames: ['provider', 'intent', 'outcome'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'aetherlink_ai_call_seconds',
    help: 'Duration of calls to AI providers, by provider',
    labelNames: ['provider'],
    buckets: [0.005, 0.05, 0.25, 0.5, 1, 2, 4, 8, 16, 32],
    registers: [registry],
  })
  return (provider, intent, outcome, seconds) => {
    calls.inc({ provider, intent, outcome })
    duration.observe({ provider }, seconds)
  }
}

import { builder } from '../builder.ts'

/** Enums that several features use. */

export const Severity = builder.enumType('Severity', {
  description: 'Severity of an event, in ascending order.',
  values: {
    INFO: { description: 'Normal operation.' },
    WARNING: { description: 'Needs attention, but nothing is broken.' },
    ERROR: { description: 'Something failed.' },
    CRITICAL: { description: 'Immediate action is required.' },
  } as const,
})

export const Role = builder.enumType('Role', {
  description: 'Roles of an identity. Each role includes the rights of the previous ones.',
  values: {
    VIEWER: { description: 'Reads.' },
    AGENT: { description: 'Additionally publishes events and uses CRM and AI.' },
    OPERATOR: { description: 'Additionally operates: replays, webhooks, rules, services, healing, pruning.' },
    ADMIN: { description: 'Additionally manages tenants, API keys, retention and audit.' },
  } as const,
})

export const TimeWindow = builder.enumType('TimeWindow', {
  description: 'A time range that ends now.',
  values: {
    LAST_15M: { description: 'The last 15 minutes.' },
    LAST_1H: { description: 'The last hour.' },
    LAST_24H: { description: 'The last 24 hours.' },
    ALL: { description: 'All stored data.' },
  } as const,
})

export type TimeWindow = typeof TimeWindow.$inferType

/** The length of a window in milliseconds; null if it is unlimited. */
export const windowMs = (window: TimeWindow): number | null =>
  ({ LAST_15M: 900_000, LAST_1H: 3_600_000, LAST_24H: 86_400_000, ALL: null })[window]

export const CircuitState = builder.enumType('CircuitState', {
  description: 'State of a circuit breaker.',
  values: {
    CLOSED: { description: 'In use.' },
    OPEN: { description: 'Too many consecutive failures: nothing is sent until a probe is due.' },
    HALF_OPEN: { description: 'A single probe is in progress and decides.' },
  } as const,
})

export const HealthStatus = builder.enumType('HealthStatus', {
  description: 'Health states.',
  values: {
    OK: { description: 'It works.' },
    DEGRADED: { description: 'It works partially.' },
    DOWN: { description: 'It does not work.' },
    UNKNOWN: { description: 'The state is unknown.' },
  } as const,
})

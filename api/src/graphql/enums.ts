import { builder } from './builder.ts'

/** Enums that more than one feature uses. */

export const Severity = builder.enumType('Severity', {
  description: 'How bad an event is, in ascending order.',
  values: {
    INFO: { description: 'Something happened as it should.' },
    WARNING: { description: 'Worth a look, nothing is broken.' },
    ERROR: { description: 'Something failed.' },
    CRITICAL: { description: 'Somebody has to act now.' },
  } as const,
})

export const Role = builder.enumType('Role', {
  description: 'What an identity may do. Each role holds the rights of those before it.',
  values: {
    VIEWER: { description: 'Reads.' },
    AGENT: { description: 'Also publishes events and works with customers and AI.' },
    OPERATOR: { description: 'Also acts: replays, webhooks, rules, services, healing, pruning.' },
    ADMIN: { description: 'Also tenants, API keys, retention and audit.' },
  } as const,
})

export const TimeWindow = builder.enumType('TimeWindow', {
  description: 'A stretch of time that ends now.',
  values: {
    LAST_15M: { description: 'The last 15 minutes.' },
    LAST_1H: { description: 'The last hour.' },
    LAST_24H: { description: 'The last 24 hours.' },
    ALL: { description: 'Everything that is kept.' },
  } as const,
})

export type TimeWindow = typeof TimeWindow.$inferType

/** Milliseconds of a window; null: all of time. */
export const windowMs = (window: TimeWindow): number | null =>
  ({ LAST_15M: 900_000, LAST_1H: 3_600_000, LAST_24H: 86_400_000, ALL: null })[window]

export const CircuitState = builder.enumType('CircuitState', {
  description: 'Whether something that failed in a row is being spared.',
  values: {
    CLOSED: { description: 'In use.' },
    OPEN: { description: 'It failed too often in a row: nothing is sent to it until a probe is due.' },
    HALF_OPEN: { description: 'A single probe is under way and decides.' },
  } as const,
})

export const HealthStatus = builder.enumType('HealthStatus', {
  description: 'How something is doing.',
  values: {
    OK: { description: 'It works.' },
    DEGRADED: { description: 'It works in part.' },
    DOWN: { description: 'It does not work.' },
    UNKNOWN: { description: 'Nothing is known.' },
  } as const,
})

import { BUILTIN_TYPES } from '../../api/src/events/catalogue/builtin-types.ts'
import { publicId } from '../../api/src/kit/ids.ts'
import type { Severity } from '../generated/client/enums.ts'
import type { Chance } from './random.ts'

/** A simulated event. */
export interface DemoEvent {
  id: string
  /** When the event was received, in milliseconds since 1970. */
  at: number
  occurredAt: number
  /** Null for a system event. */
  tenantId: string | null
  type: string
  source: string
  severity: Severity
  subject: string | null
  payload: Readonly<Record<string, unknown>>
  correlationId: string | null
  causationId: string | null
}

export interface Told {
  type: string
  source: string
  payload: Readonly<Record<string, unknown>>
  severity?: Severity
  subject?: string
  tenantId: string | null
  correlationId?: string
  cause?: DemoEvent | null
}

/** Collects the events of a scenario. Drops events in the future. */
export interface Chronicle {
  tell(at: number, told: Told): DemoEvent | null
  events(): DemoEvent[]
}

const DEFAULTS = new Map(BUILTIN_TYPES.map(({ name, defaultSeverity }) => [name, defaultSeverity]))

export function createChronicle(chance: Chance, now: number): Chronicle {
  const events: DemoEvent[] = []
  return {
    tell(at, { type, source, payload, severity, subject, tenantId, correlationId, cause }) {
      const ms = Math.floor(at)
      if (ms > now || cause === null) return null
      const event: DemoEvent = {
        id: chance.id(ms),
        at: ms,
        occurredAt: ms - chance.between(2, 400),
        tenantId,
        type,
        source,
        severity: severity ?? DEFAULTS.get(type) ?? 'INFO',
        subject: subject ?? null,
        payload,
        correlationId: correlationId ?? cause?.correlationId ?? null,
        causationId: cause ? publicId('evt', cause.id) : null,
      }
      events.push(event)
      return event
    },
    events: () => events.sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

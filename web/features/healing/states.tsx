import type { HealOutcome, HealState, HealTargetOrigin } from '@/lib/graphql.ts'
import { StateBadge, type StateStyle } from '@/ui/values/Badge.tsx'

export const HEAL_STATES = {
  HEALTHY: { label: 'Healthy', glyph: '●', tone: 'arrived' },
  STARTING: { label: 'Starting', glyph: '○', tone: 'waiting' },
  UNHEALTHY: { label: 'Unhealthy', glyph: '✕', tone: 'dead' },
  HEALING: { label: 'Healing', glyph: '↻', tone: 'recovered' },
  BACKING_OFF: { label: 'Backing off', glyph: '‖', tone: 'held' },
  GIVEN_UP: { label: 'Given up', glyph: '✕', tone: 'dead' },
  FLAPPING: { label: 'Flapping', glyph: '◔', tone: 'retrying' },
  MAINTENANCE: { label: 'Left alone', glyph: '–', tone: 'cancelled' },
  MISSING: { label: 'Missing', glyph: '✕', tone: 'dead' },
} as const satisfies Record<HealState, StateStyle>

export const OUTCOMES = {
  SUCCEEDED: { label: 'Healed', glyph: '✓', tone: 'arrived' },
  FAILED: { label: 'Failed', glyph: '✕', tone: 'dead' },
  SUPPRESSED: { label: 'Held back', glyph: '‖', tone: 'held' },
} as const satisfies Record<HealOutcome, StateStyle>

export const ORIGINS: Record<HealTargetOrigin, string> = {
  CONFIG: 'named in the settings',
  LABEL: 'by its label',
  REGISTRY: 'runs a registered service',
}

export const TRIGGERS: Record<string, string> = {
  'docker-health': "Docker's health check",
  probe: 'its health URL',
  exited: 'it exited',
  'oom-killed': 'killed because it ran out of memory',
  'engine-restart': 'the engine was restarted',
  manual: 'by hand',
}

export function HealStateBadge({ state }: { state: HealState }) {
  return <StateBadge state={HEAL_STATES[state]} plain={state === 'HEALTHY'} />
}

/** Whether the container of a target is down or does not exist. Such targets come first, and are on the landing page. */
export const isFallen = (state: HealState): boolean =>
  ['UNHEALTHY', 'HEALING', 'BACKING_OFF', 'GIVEN_UP', 'FLAPPING', 'MISSING'].includes(state)

import type { HealState, HealthStatus } from '@/lib/graphql.ts'

interface Watched {
  enabled: boolean
  docker: { status: HealthStatus }
  targets: readonly { container: string; state: HealState }[]
}

/** The largest number of containers that the text names. */
const NAMED = 5

/**
 * What an empty history of attempts means. "All Systems Healthy" appears only if auto-heal watches containers, Docker
 * answers and each container is healthy.
 */
export function quietHistory({ enabled, docker, targets }: Watched): { title: string; text: string } {
  const nothing = 'Nothing was restarted in the last 90 days.'
  if (!enabled) return { title: 'Auto-heal is off', text: nothing }
  if (docker.status !== 'OK')
    return { title: 'Docker is not available', text: `The state of the containers is unknown. ${nothing}` }
  if (targets.length === 0) return { title: 'No container is watched', text: nothing }
  const others = targets.filter(({ state }) => state !== 'HEALTHY').map(({ container }) => container)
  if (others.length === 0)
    return { title: 'All Systems Healthy', text: 'Nothing had to be healed in the last 90 days.' }
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : ''
  return {
    title: nothing.slice(0, -1),
    text: `Not healthy now: ${others.slice(0, NAMED).join(', ')}${more}.`,
  }
}

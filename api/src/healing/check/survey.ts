import type { AppContext } from '../../app-context.ts'
import { mapConcurrently } from '../../kit/async/concurrency.ts'
import type { ProbeFinding } from '../decide/assess.ts'
import type { ContainerState, ContainerSummary, Engine } from '../docker/engine.ts'
import { messageOf } from '../docker/engine.ts'
import { formerTarget, mergeTargets, type RegisteredService, type Target } from '../targets/merge.ts'
import { loadTargets, newTarget, type StoredTarget } from '../targets/store.ts'
import { loadRequests, type Request } from './attempts.ts'

/** Requests a health URL. Never rejects. */
export type Probe = (url: string) => Promise<ProbeFinding>

/**
 * `interval`: the regular check, which requests all health URLs. `event`: a check after a Docker event. `verify`: a
 * check after a restart, which requests the health URLs of restarted targets.
 */
export type CheckKind = 'interval' | 'event' | 'verify'

/** A target, with what a check found out about it. */
export interface Surveyed {
  target: Target
  stored: StoredTarget
  /** Whether a source still names the target. If not, it is only stored from earlier and no longer watched. */
  isNamed: boolean
  /** Null if the target has no container. */
  container: { id: string; state: ContainerState } | null
  probe: ProbeFinding | undefined
  /** The restart that a user has requested. */
  request: Request | null
}

export interface SurveyOptions {
  engine: Engine
  probe: Probe
  /** Returns the services in the registry. May reject. */
  registeredServices: () => Promise<RegisteredService[]>
  ownId: string | null
}

const INSPECTIONS = 16
const PROBES = 32

/**
 * Collects everything that a check needs. A container that cannot be inspected is left out, so this check decides
 * nothing about it.
 */
export async function survey(
  core: AppContext,
  options: SurveyOptions,
  containers: readonly ContainerSummary[],
  kind: CheckKind,
): Promise<Surveyed[]> {
  const { env } = core
  const [read, storedTargets, requests] = await Promise.all([
    env.AUTOHEAL_PULL_FROM_REGISTRY ? registeredOrNull(core, options) : [],
    loadTargets(core),
    loadRequests(core),
  ])
  const registered = read ?? lastKnown([...storedTargets.values()])
  const targets = mergeTargets({
    configured: env.AUTOHEAL_SERVICES,
    endpoints: env.AUTOHEAL_HEALTH_ENDPOINTS,
    containers,
    registered,
    ownId: options.ownId,
  })
  // When a container is removed, its label is gone too. Its target is still checked, so that an attempt can end.
  const named = new Set(targets.map(({ container }) => container))
  for (const { container, about } of storedTargets.values())
    if (!named.has(container) && about)
      targets.push(formerTarget(container, about, { containers, ownId: options.ownId }))
  const requestOf = new Map(requests.map((request) => [request.targetId, request]))
  const inspected = await mapConcurrently(targets, INSPECTIONS, async (target): Promise<Surveyed | null> => {
    const stored = storedTargets.get(target.container) ?? newTarget(target.container)
    const request = requestOf.get(stored.id) ?? null
    const base = { target, stored, isNamed: named.has(target.container), probe: undefined, request }
    if (target.containerId === null) return { ...base, container: null }
    try {
      const state = await options.engine.inspect(target.containerId)
      return { ...base, container: state && { id: target.containerId, state } }
    } catch (error) {
      core.log.warn({ container: target.container, reason: messageOf(error) }, 'a container could not be inspected')
      return null
    }
  })
  const surveyed = inspected.filter((one) => one !== null)
  return mapConcurrently(surveyed, PROBES, async (one) => {
    const { healthUrl } = one.target
    return healthUrl !== null && isAsked(one, kind) ? { ...one, probe: await options.probe(healthUrl) } : one
  })
}

/** The registered services; null if the registry cannot be read. */
async function registeredOrNull(
  core: AppContext,
  { registeredServices }: SurveyOptions,
): Promise<RegisteredService[] | null> {
  try {
    return await registeredServices()
  } catch (error) {
    core.log.warn(
      { err: error },
      'the registry is unavailable; healing continues with the services that it last listed',
    )
    return null
  }
}

/** The registered services, as the previous check found them in the containers. */
const lastKnown = (stored: readonly StoredTarget[]): RegisteredService[] =>
  stored.flatMap(({ about, isGone }) => {
    if (!about || isGone) return []
    const { services, healthUrl, dependsOn } = about
    return services.map((name) => ({ name, healthUrl, dependsOn }))
  })

function isAsked({ container, stored }: Surveyed, kind: CheckKind): boolean {
  if (container?.state.status !== 'running') return false
  return kind === 'interval' || (kind === 'verify' && stored.memory.state.healing?.phase === 'verifying')
}

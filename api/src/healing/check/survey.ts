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
  /** The result of the health URL in this check; undefined if this check has not requested it. */
  probe: ProbeFinding | undefined
  /** The restart that a user has requested. */
  request: Request | null
}

type Listed = Omit<Surveyed, 'container' | 'probe'>

/** The results of health URLs. Each belongs to one run of a container (see `runKey`). */
export type Findings = ReadonlyMap<string, ProbeFinding>

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
 * Requests the health URLs that a check of this kind requests. They may take as long as PROBE_TIMEOUT_MS, so they are
 * requested before the check acquires its lease.
 */
export async function requestHealthUrls(
  core: AppContext,
  options: SurveyOptions,
  containers: readonly ContainerSummary[],
  kind: CheckKind,
): Promise<Findings> {
  const asked = (await listTargets(core, options, containers)).filter((one) => isAsked(one, kind))
  const running = (await inspectAll(core, options, asked)).filter(isRunning)
  const findings = await mapConcurrently(running, PROBES, async (one): Promise<[string, ProbeFinding][]> => {
    const { healthUrl } = one.target
    return healthUrl === null ? [] : [[runKey(one), await options.probe(healthUrl)]]
  })
  return new Map(findings.flat())
}

/**
 * Collects everything that a check needs. A container that cannot be inspected is left out, so this check decides
 * nothing about it. The result of a health URL is ignored if the container has been restarted since.
 */
export async function survey(
  core: AppContext,
  options: SurveyOptions,
  containers: readonly ContainerSummary[],
  findings: Findings,
): Promise<Surveyed[]> {
  const listed = await listTargets(core, options, containers)
  const surveyed = await inspectAll(core, options, listed)
  return surveyed.map((one) => (isRunning(one) ? { ...one, probe: findings.get(runKey(one)) } : one))
}

async function listTargets(
  core: AppContext,
  options: SurveyOptions,
  containers: readonly ContainerSummary[],
): Promise<Listed[]> {
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
  return targets.map((target) => {
    const stored = storedTargets.get(target.container) ?? newTarget(target.container)
    return { target, stored, isNamed: named.has(target.container), request: requestOf.get(stored.id) ?? null }
  })
}

async function inspectAll(core: AppContext, options: SurveyOptions, listed: readonly Listed[]): Promise<Surveyed[]> {
  const inspected = await mapConcurrently(listed, INSPECTIONS, async (one): Promise<Surveyed | null> => {
    const { target } = one
    const base = { ...one, probe: undefined }
    if (target.containerId === null) return { ...base, container: null }
    try {
      const state = await options.engine.inspect(target.containerId)
      return { ...base, container: state && { id: target.containerId, state } }
    } catch (error) {
      core.log.warn({ container: target.container, reason: messageOf(error) }, 'a container could not be inspected')
      return null
    }
  })
  return inspected.filter((one) => one !== null)
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

function isAsked({ target, stored }: Listed, kind: CheckKind): boolean {
  if (target.healthUrl === null) return false
  return kind === 'interval' || (kind === 'verify' && stored.memory.state.healing?.phase === 'verifying')
}

const isRunning = ({ container }: Surveyed) => container?.state.status === 'running'

/** Identifies a run of a container, with its health URL. */
const runKey = ({ container, target }: Surveyed) => `${container?.id} ${container?.state.startedAt} ${target.healthUrl}`

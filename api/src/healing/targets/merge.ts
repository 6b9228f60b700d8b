import type { HealTargetOrigin } from '../../../../prisma/generated/client/enums.ts'
import type { ContainerSummary } from '../docker/engine.ts'

/** A service as the registry lists it. */
export interface RegisteredService {
  name: string
  healthUrl: string | null
  dependsOn: readonly string[]
}

export interface Sources {
  /** The names in AUTOHEAL_SERVICES. */
  configured: readonly string[]
  /** Health URLs by the name of a container or of its service, from AUTOHEAL_HEALTH_ENDPOINTS. */
  endpoints: Readonly<Record<string, string>>
  containers: readonly ContainerSummary[]
  /** The registered services. Empty if AUTOHEAL_PULL_FROM_REGISTRY is off, or if the registry could not be read. */
  registered: readonly RegisteredService[]
  /** The id of the container in which the healer runs, or the beginning of the id. */
  ownId: string | null
}

/** A container to watch. */
export interface Target {
  /** The name of the container. If there is no container, the configured name. */
  container: string
  containerId: string | null
  origin: HealTargetOrigin
  /** The registered services that run in the container. */
  services: string[]
  healthUrl: string | null
  /** Names of the containers that this one depends on. */
  dependsOn: string[]
  isSelf: boolean
  /** The stop timeout of the container in seconds; undefined: the value of the settings. */
  stopSeconds: number | undefined
}

/** The labels of containers that healing reads. */
export const LABELS = {
  /** "true": the container is watched. "false": it is not watched, even if a registered service runs in it. */
  watch: 'aetherlink.autoheal',
  /** The registered service that runs in the container, if its name differs from the container's. */
  service: 'aetherlink.service',
  healthUrl: 'aetherlink.autoheal.health-url',
  stopTimeout: 'aetherlink.autoheal.stop-timeout',
  dependsOn: 'aetherlink.autoheal.depends-on',
  composeService: 'com.docker.compose.service',
  /** Docker Compose's dependencies, such as "db:service_healthy:false,cache:service_started:false". */
  composeDependsOn: 'com.docker.compose.depends_on',
} as const

/**
 * All targets: configured ones, containers with a label, and containers of registered services. Each container is one
 * target even if several sources name it; its origin is then the first of these sources. Pure.
 */
export function mergeTargets(sources: Sources): Target[] {
  const find = createFinder(sources.containers)
  const targets = new Map<string, Target>()

  const add = (container: ContainerSummary | null, name: string, origin: HealTargetOrigin): Target => {
    const key = container?.id ?? `missing ${name}`
    const existing = targets.get(key)
    if (existing) return existing
    const target: Target = {
      container: container?.name ?? name,
      containerId: container?.id ?? null,
      origin,
      services: [],
      healthUrl: null,
      dependsOn: [],
      isSelf: container !== null && isOwn(container, sources.ownId),
      stopSeconds: stopSecondsOf(container),
    }
    targets.set(key, target)
    return target
  }

  for (const name of sources.configured) add(find(name), name, 'CONFIG')
  for (const container of sources.containers)
    if (container.labels[LABELS.watch] === 'true') add(container, container.name, 'LABEL')
  for (const service of sources.registered) {
    const container = find(service.name)
    // A service without a container here is no target: it cannot be restarted, and the registry checks it.
    if (!container) continue
    const isKnown = targets.has(container.id)
    if (!isKnown && container.labels[LABELS.watch] === 'false') continue
    const target = add(container, container.name, 'REGISTRY')
    target.services.push(service.name)
  }
  const containers = new Map(sources.containers.map((container) => [container.id, container]))
  const services = new Map(sources.registered.map((service) => [service.name, service]))
  const endpointOf = new Map<string, string>()
  for (const [name, url] of Object.entries(sources.endpoints)) {
    const { id, name: ownName } = find(name) ?? { id: `missing ${name}`, name }
    // A container can be named in several ways; its own name comes first.
    if (name === ownName || !endpointOf.has(id)) endpointOf.set(id, url)
  }
  for (const [key, target] of targets) {
    const container = target.containerId === null ? null : (containers.get(target.containerId) ?? null)
    const running = target.services.flatMap((name) => services.get(name) ?? [])
    target.healthUrl =
      endpointOf.get(key) ??
      container?.labels[LABELS.healthUrl] ??
      running.find(({ healthUrl }) => healthUrl !== null)?.healthUrl ??
      null
    const needed = [...labelledDependencies(container), ...running.flatMap(({ dependsOn }) => dependsOn)]
    target.dependsOn = [...new Set(needed.map((name) => find(name)?.name ?? name))].filter(
      (name) => name !== target.container,
    )
  }
  return [...targets.values()]
}

/**
 * A target that no source names any more, as it was last known. Its container may still exist, because only its label,
 * its registration or its setting was removed. Pure.
 */
export function formerTarget(
  name: string,
  about: Pick<Target, 'origin' | 'services' | 'healthUrl' | 'dependsOn'>,
  { containers, ownId }: Pick<Sources, 'containers' | 'ownId'>,
): Target {
  const container = containers.find((one) => one.name === name) ?? null
  return {
    ...about,
    container: name,
    containerId: container?.id ?? null,
    isSelf: container !== null && isOwn(container, ownId),
    stopSeconds: stopSecondsOf(container),
  }
}

/**
 * Returns a function that finds the container for a name: by the container's name, else by its service label, else by
 * its Compose service, if that service has only one container.
 */
function createFinder(containers: readonly ContainerSummary[]): (name: string) => ContainerSummary | null {
  const byName = new Map(containers.map((container) => [container.name, container]))
  const only = (label: string) => {
    const byLabel = new Map<string, ContainerSummary | null>()
    for (const container of containers) {
      const value = container.labels[label]
      // If a service has several replicas, the name does not identify a container.
      if (value !== undefined) byLabel.set(value, byLabel.has(value) ? null : container)
    }
    return byLabel
  }
  const byService = only(LABELS.service)
  const byCompose = only(LABELS.composeService)
  return (name) => byName.get(name) ?? byService.get(name) ?? byCompose.get(name) ?? null
}

function labelledDependencies(container: ContainerSummary | null): string[] {
  if (!container) return []
  const list = (text: string | undefined) => (text ?? '').split(',').map((part) => part.trim())
  const labelled = list(container.labels[LABELS.dependsOn])
  const compose = list(container.labels[LABELS.composeDependsOn]).map((part) => part.split(':')[0] ?? '')
  return [...labelled, ...compose].filter(Boolean)
}

function stopSecondsOf(container: ContainerSummary | null): number | undefined {
  const text = container?.labels[LABELS.stopTimeout]
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined
}

const isOwn = ({ id }: ContainerSummary, ownId: string | null) => ownId !== null && id.startsWith(ownId)

import type { RegisteredService } from '../targets/merge.ts'

/** A comparison, by name, of the registered services with the watched containers. */
export interface Reconciliation {
  registered: string[]
  monitored: string[]
  registeredOnly: string[]
  monitoredOnly: string[]
}

/** A watched container, with the registered services that run in it. */
export interface WatchedContainer {
  container: string
  services: readonly string[]
}

/**
 * Compares services with containers. A container is compared by the names of the services that run in it, or by its own
 * name if there are none. The caller passes only containers that exist. Pure.
 */
export function reconcile(
  registered: readonly Pick<RegisteredService, 'name'>[],
  watched: readonly WatchedContainer[],
): Reconciliation {
  const names = registered.map(({ name }) => name).toSorted()
  const registeredNames = new Set(names)
  const monitored = [
    ...new Set(
      watched.flatMap(({ container, services }) => {
        const present = services.filter((name) => registeredNames.has(name))
        return present.length > 0 ? present : [container]
      }),
    ),
  ].toSorted()
  const isMonitored = new Set(monitored)
  return {
    registered: names,
    monitored,
    registeredOnly: names.filter((name) => !isMonitored.has(name)),
    monitoredOnly: monitored.filter((name) => !registeredNames.has(name)),
  }
}

import type { RegisteredService } from '../targets/merge.ts'

/** Registered services compared with watched containers, by name. */
export interface Reconciliation {
  registered: string[]
  monitored: string[]
  registeredOnly: string[]
  monitoredOnly: string[]
}

/** A watched container, with the registered services that it runs. */
export interface WatchedContainer {
  container: string
  services: readonly string[]
}

/**
 * Compares services and containers. A container has the names of the services that it runs, or its own if it runs none.
 * The caller leaves out containers that do not exist. Pure.
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

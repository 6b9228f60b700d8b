import { byId, createLoader } from '../graphql/loader.ts'

declare module '../graphql/context.ts' {
  interface Services {
    /** Names of the registered services whose containers auto-heal watches. */
    monitoredServices: () => Promise<ReadonlySet<string>>
  }
}

import type { ServiceRow } from './announce.ts'
import { type Availability, type HealthBucket, HOUR_MS, readAvailability, readHours } from './health/history.ts'
import { seesServices } from './load.ts'

/** The services with these UUIDs that the identity may see. */
export const serviceLoader = createLoader<ServiceRow>(async (ids, { core, identity }) =>
  seesServices(identity) ? byId(await core.db.prisma.service.findMany({ where: { id: { in: [...ids] } } })) : new Map(),
)

/** A key that combines a subject with the number of hours of its history: `24/service:UUID`. */
export const periodKey = (hours: number, subject: string) => `${hours}/${subject}`

/** Groups keys by their hours, because each period needs its own statement. */
function byPeriod(keys: readonly string[]): Map<number, string[]> {
  const periods = new Map<number, string[]>()
  for (const key of keys) {
    const slash = key.indexOf('/')
    const hours = Number(key.slice(0, slash))
    periods.set(hours, [...(periods.get(hours) ?? []), key.slice(slash + 1)])
  }
  return periods
}

/** The availability of subjects, by `periodKey`. */
export const availabilityLoader = createLoader<Availability>(async (keys, { core }) => {
  const byKey = new Map<string, Availability>()
  for (const [hours, subjects] of byPeriod(keys)) {
    const since = new Date(core.clock() - hours * HOUR_MS)
    for (const [subject, one] of await readAvailability(core.db, subjects, since))
      byKey.set(periodKey(hours, subject), one)
  }
  return byKey
})

/** The checks of subjects by the hour, by `periodKey`. */
export const hoursLoader = createLoader<HealthBucket[]>(async (keys, { core }) => {
  const byKey = new Map<string, HealthBucket[]>()
  for (const [hours, subjects] of byPeriod(keys)) {
    for (const [subject, buckets] of await readHours(core.db, subjects, hours, core.clock()))
      byKey.set(periodKey(hours, subject), buckets)
  }
  return byKey
})

/** Whether auto-heal watches a container of a service. Keys are names of services. */
export const monitoredLoader = createLoader<boolean>(async (names, { monitoredServices }) => {
  const monitored = await monitoredServices()
  return new Map(names.map((name) => [name, monitored.has(name)]))
})

/** The names of the services that depend on a service, directly or through others. Keys are names of services. */
export const dependantsLoader = createLoader<string[]>(async (names, { core }) => {
  const rows = await core.db.query<{ service: string; name: string }>(
    `WITH RECURSIVE below (service, name) AS (
       SELECT n, s.name FROM unnest($1::text[]) AS n JOIN services s ON n = ANY (s.depends_on)
       UNION
       SELECT b.service, s.name FROM below b JOIN services s ON b.name = ANY (s.depends_on)
     ) SELECT service, name FROM below WHERE name <> service ORDER BY 1, 2`,
    [names],
  )
  const dependants = new Map<string, string[]>()
  for (const { service, name } of rows) dependants.set(service, [...(dependants.get(service) ?? []), name])
  return dependants
})

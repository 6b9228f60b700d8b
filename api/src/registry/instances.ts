import type { Prisma } from '../../../prisma/generated/client/client.ts'
import type { AppContext } from '../app-context.ts'
import { createLoader } from '../graphql/loader.ts'

/** A process of a service. Several processes may share the name of the service. */
export interface ServiceInstance {
  /** Unique within the service, such as host:pid. */
  name: string
  /** The version with which it registered; null if it did not name one. */
  version: string | null
  lastSeen: Date
}

/** How long an instance that is no longer heard of stays listed. */
const LISTED_MS = 3_600_000

/**
 * Records that an instance was heard of, and removes those of the service that were not heard of for an hour. A
 * heartbeat (`version` undefined) keeps the version of the registration.
 */
export async function noteInstance(
  tx: Prisma.TransactionClient,
  serviceId: string,
  { name, version, now }: { name: string; version?: string | null; now: Date },
): Promise<void> {
  await tx.serviceInstance.upsert({
    where: { serviceId_name: { serviceId, name } },
    create: { serviceId, name, version: version ?? null, lastSeen: now },
    update: { lastSeen: now, ...(version !== undefined && { version }) },
  })
  await tx.serviceInstance.deleteMany({
    where: { serviceId, lastSeen: { lt: new Date(now.getTime() - LISTED_MS) } },
  })
}

/** Removes an instance that has ended as planned, so that it is not listed as silent. */
export async function forgetInstance({ db }: Pick<AppContext, 'db'>, service: string, name: string): Promise<void> {
  await db.prisma.serviceInstance.deleteMany({ where: { name, service: { name: service } } })
}

/** The instances of services that were heard of within the last hour, by name. Keys are UUIDs of services. */
export const instancesLoader = createLoader<ServiceInstance[]>(async (ids, { core }) => {
  const rows = await core.db.prisma.serviceInstance.findMany({
    where: { serviceId: { in: [...ids] }, lastSeen: { gte: new Date(core.clock() - LISTED_MS) } },
    orderBy: { name: 'asc' },
  })
  const byService = new Map<string, ServiceInstance[]>()
  for (const row of rows) byService.set(row.serviceId, [...(byService.get(row.serviceId) ?? []), row])
  return byService
})

import type { AppContext } from '../../app-context.ts'
import type { WatchedContainer } from './reconciliation.ts'

/** The watched containers that exist. A target that no source names any more is not watched. */
export const listWatched = ({ db }: Pick<AppContext, 'db'>): Promise<WatchedContainer[]> =>
  db.prisma.healTarget.findMany({
    where: { state: { not: 'MISSING' }, goneSince: null },
    select: { container: true, services: true },
    orderBy: { container: 'asc' },
  })

/** Names of the registered services whose containers are watched. */
export async function listMonitoredServices(core: Pick<AppContext, 'db'>): Promise<Set<string>> {
  return new Set((await listWatched(core)).flatMap(({ services }) => services))
}

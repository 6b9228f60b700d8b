import type { AppContext } from '../app-context.ts'

/** The fields of a registered service that other features may read. */
export interface RegisteredService {
  name: string
  /** Null if the service has no health URL. */
  healthUrl: string | null
  dependsOn: readonly string[]
}

export async function listRegisteredServices({ db }: Pick<AppContext, 'db'>): Promise<RegisteredService[]> {
  const rows = await db.prisma.service.findMany({
    select: { name: true, healthUrl: true, dependsOn: true },
    orderBy: { name: 'asc' },
  })
  return rows.map(({ healthUrl, ...service }) => ({ ...service, healthUrl: healthUrl || null }))
}

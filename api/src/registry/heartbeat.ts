import type { HealthStatus } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { installationOnly } from '../identity/tenant-scope.ts'
import { notFound } from '../kit/errors.ts'
import { type Announcer, announceTransition, type ServiceRow } from './announce.ts'
import { checkServiceName } from './input.ts'
import { servicesChanged, statusAt } from './load.ts'

/**
 * Records that a service is alive, and which status it reports; UNKNOWN withdraws an earlier status. A heartbeat is a
 * measurement and not a user's change, so the audit trail gets only refused ones. Throws NOT_FOUND for a service that
 * is not registered and has to register again, FORBIDDEN, BAD_USER_INPUT.
 */
export async function heartbeat(
  core: AppContext,
  announcer: Announcer,
  identity: Identity,
  name: string,
  reported: HealthStatus,
): Promise<ServiceRow> {
  installationOnly(identity, 'services')
  checkServiceName(name, ['name'])
  const now = new Date(core.clock())
  const { before, after } = await core.db.prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM services WHERE name = ${name} FOR NO KEY UPDATE`
    const before = await tx.service.findUnique({ where: { name } })
    if (!before) throw notFound('service', name)
    const { status } = statusAt({ ...before, lastSeen: now, reportedStatus: reported }, now)
    const changed = status !== before.status && { status, statusSince: now }
    const after = await tx.service.update({
      where: { name },
      data: { lastSeen: now, reportedStatus: reported, ...changed },
    })
    return { before, after }
  })
  if (before.status !== after.status) {
    const error = after.status === 'OK' ? null : `the service reported it: ${after.status}`
    announceTransition(announcer, {
      service: after,
      from: before.status,
      to: after.status,
      since: before.statusSince,
      at: now,
      error,
    })
    servicesChanged(core)
  }
  return after
}

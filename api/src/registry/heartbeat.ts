import type { HealthStatus } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { installationOnly } from '../identity/tenant-scope.ts'
import { notFound } from '../kit/errors.ts'
import { truncate } from '../kit/truncate.ts'
import { type Announcer, announceTransition, type ServiceRow } from './announce.ts'
import { checkInstance, checkServiceName } from './input.ts'
import { noteInstance } from './instances.ts'
import { reportedError, servicesChanged, statusAt } from './load.ts'

export interface Beat {
  /** UNKNOWN withdraws an earlier status. */
  status: HealthStatus
  /** Why the service is not OK. Null counts as absent. */
  message?: string | null
  /** The process of the service that sends the heartbeat. Null counts as absent. */
  instance?: string | null
}

const MAX_MESSAGE = 500

/**
 * Records that a service is alive, and which status it reports. A heartbeat is a measurement and not a user's change,
 * so the audit trail gets only refused ones. A message is shortened to 500 characters. Throws NOT_FOUND for a service
 * that is not registered and has to register again, FORBIDDEN, BAD_USER_INPUT.
 */
export async function heartbeat(
  core: AppContext,
  announcer: Announcer,
  identity: Identity,
  name: string,
  { status: reported, message, instance }: Beat,
): Promise<ServiceRow> {
  installationOnly(identity, 'services')
  checkServiceName(name, ['name'])
  if (instance != null) checkInstance(instance, ['instance'])
  const now = new Date(core.clock())
  const { before, after } = await core.db.prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM services WHERE name = ${name} FOR NO KEY UPDATE`
    const before = await tx.service.findUnique({ where: { name } })
    if (!before) throw notFound('service', name)
    const { status } = statusAt({ ...before, lastSeen: now, reportedStatus: reported }, now)
    const changed = status !== before.status && { status, statusSince: now }
    const after = await tx.service.update({
      where: { name },
      data: { lastSeen: now, reportedStatus: reported, reportedMessage: shortened(message), ...changed },
    })
    if (instance != null) await noteInstance(tx, before.id, { name: instance, now })
    return { before, after }
  })
  if (before.status !== after.status) {
    announceTransition(announcer, {
      service: after,
      from: before.status,
      to: after.status,
      since: before.statusSince,
      at: now,
      error: reportedError(after),
    })
    servicesChanged(core)
  }
  return after
}

/** A message as one line of at most 500 characters; null if it is empty. */
function shortened(message: string | null | undefined): string | null {
  const line = (message ?? '').replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
  return line === '' ? null : truncate(line, MAX_MESSAGE)
}

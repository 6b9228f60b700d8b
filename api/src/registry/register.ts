import { isDeepStrictEqual } from 'node:util'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { installationOnly } from '../identity/tenant-scope.ts'
import { newId } from '../kit/ids.ts'
import { type Announcer, announceRegistered, announceTransition, type ServiceRow, type Transition } from './announce.ts'
import { checkRegistration, type Particulars, type RegisterServiceInput } from './input.ts'
import { noteInstance } from './instances.ts'
import { servicesChanged, statusAt } from './load.ts'

/**
 * Registers a service, or updates the service with this name: the new description replaces the earlier one completely.
 * Both renew the service's time to live. Throws BAD_USER_INPUT with every problem, FORBIDDEN for an identity that is
 * bound to a tenant.
 */
export async function registerService(
  core: AppContext,
  announcer: Announcer,
  caller: Caller,
  input: RegisterServiceInput,
): Promise<{ service: ServiceRow; created: boolean }> {
  installationOnly(caller.identity, 'services')
  const particulars = await checkRegistration(core, input)
  const { name } = input
  const now = new Date(core.clock())
  const { service, before, transition } = await audited(core, caller, 'service.register', async (tx) => {
    // Serialises concurrent registrations, changes and removals of the same name.
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('aetherlink.service'), hashtext(${name}))::text`
    await tx.$queryRaw`SELECT id FROM services WHERE name = ${name} FOR UPDATE`
    const before = await tx.service.findUnique({ where: { name } })
    const service = before
      ? await tx.service.update({ where: { name }, data: update(before, particulars, now) })
      : await tx.service.create({ data: create(name, particulars, now) })
    if (input.instance != null)
      await noteInstance(tx, service.id, { name: input.instance, version: particulars.version, now })
    const transition: Transition | null =
      before && before.status !== service.status
        ? { service, from: before.status, to: service.status, since: before.statusSince, at: now, error: null }
        : null
    return {
      result: { service, before, transition },
      target: { type: 'service', id: name },
      tenantId: null,
      before: before && shown(before),
      after: shown(service),
    }
  })
  if (!before || !isDeepStrictEqual(shown(before), shown(service))) announceRegistered(announcer, service)
  if (transition) announceTransition(announcer, transition)
  servicesChanged(core)
  return { service, created: before === null }
}

function create(name: string, particulars: Particulars, now: Date) {
  const status = particulars.healthUrl === '' ? ('OK' as const) : ('UNKNOWN' as const)
  return {
    id: newId(),
    name,
    ...particulars,
    status,
    statusSince: now,
    lastSeen: now,
    nextCheckAt: now,
    createdAt: now,
  }
}

/** The fields to update. If the health URL changes, the status becomes UNKNOWN. */
function update(before: ServiceRow, particulars: Particulars, now: Date) {
  const asked = {
    probedStatus: 'UNKNOWN' as const,
    pendingStatus: null,
    pendingCount: 0,
    latencyMs: null,
    lastError: null,
    lastCheckedAt: null,
    nextCheckAt: now,
  }
  const after = { ...particulars, lastSeen: now, ...(before.healthUrl !== particulars.healthUrl && asked) }
  const { status } = statusAt({ ...before, ...after }, now)
  return { ...after, status, ...(status !== before.status && { statusSince: now }) }
}

/** The fields of a service that the audit trail shows. */
export const shown = ({ url, healthUrl, version, rolesRequired, tags, dependsOn, owner, ttlSeconds }: ServiceRow) => ({
  url,
  healthUrl,
  version,
  rolesRequired,
  tags,
  dependsOn,
  owner,
  ttlSeconds,
})

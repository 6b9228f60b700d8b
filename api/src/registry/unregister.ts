import type { AppContext } from '../app-context.ts'
import type { Caller } from '../audit/entry.ts'
import { audited } from '../audit/record.ts'
import { installationOnly } from '../identity/tenant-scope.ts'
import { notFound } from '../kit/errors.ts'
import { type Announcer, announceUnregistered, type ServiceRow } from './announce.ts'
import { subjectOf } from './health/history.ts'
import { checkServiceName } from './input.ts'
import { servicesChanged } from './load.ts'
import { shown } from './register.ts'

/** Removes a service and its history from the registry. Throws NOT_FOUND, FORBIDDEN, BAD_USER_INPUT. */
export async function unregisterService(
  core: AppContext,
  announcer: Announcer,
  caller: Caller,
  name: string,
): Promise<ServiceRow> {
  installationOnly(caller.identity, 'services')
  checkServiceName(name, ['name'])
  const removed = await audited(core, caller, 'service.unregister', async (tx) => {
    const [service] = await tx.service.findMany({ where: { name } })
    // Another removal of the same service may have been faster.
    if (!service || (await tx.service.deleteMany({ where: { id: service.id } })).count === 0)
      throw notFound('service', name)
    await tx.healthHour.deleteMany({ where: { subject: subjectOf(service) } })
    return { result: service, target: { type: 'service', id: name }, tenantId: null, before: shown(service) }
  })
  announceUnregistered(announcer, removed, `unregistered by ${caller.identity.name ?? caller.identity.id}`)
  servicesChanged(core)
  return removed
}

import './access.ts'
import './webhooks.ts'
import './events.ts'
import './deliveries.ts'
import './alerts.ts'
import './retention.ts'
import './registry.ts'
import './healing.ts'
import './crm.ts'
import './ai.ts'
import './audit.ts'
import type { TestApp } from '../harness.ts'
import { type Feature, features, type Owner, type Tenant } from './register.ts'

export { publishOf } from './events.ts'
export * from './register.ts'

type Part = 'fresh' | 'tables' | 'mutations' | 'subscriptions' | 'queries' | 'filters' | 'fieldArgs'

/** Merges one part of all features. Throws if two features register the same name. */
function merge<P extends Part>(part: P): NonNullable<Feature[P]> {
  const entries = [...features.values()].flatMap((feature) => Object.entries(feature[part] ?? {}))
  const names = entries.map(([name]) => name)
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  if (twice.length > 0) throw new Error(`registered twice in ${part}: ${twice}`)
  return Object.fromEntries(entries) as NonNullable<Feature[P]>
}

const fresh = merge('fresh')
export const tables = merge('tables')
export const mutations = merge('mutations')
export const subscriptions = merge('subscriptions')
export const queries = merge('queries')
export const filters = merge('filters')
export const fieldArgs = merge('fieldArgs')
export const listed = (part: 'bounded' | 'unfilled' | 'outOfReach'): Set<string> =>
  new Set([...features.values()].flatMap((feature) => feature[part] ?? []))

/** The advice in the message of a walk that fails because a case is missing. */
export const WHERE = 'register what is missing, and remove what is gone, in a file of api/test/schema-walks/'

/** Creates an object of a kind and returns its id. */
export function createFresh(app: TestApp, kind: string, tenant: Tenant): Promise<string> {
  const maker = fresh[kind]
  if (!maker) throw new Error(`nothing creates a ${kind}: ${WHERE} (fresh)`)
  return maker(app, tenant)
}

/** Creates a tenant with an object of every kind. */
export async function createOwner(app: TestApp, tenant: Tenant): Promise<Owner> {
  await app.ok(
    `mutation { createTenant(input: { id: "${tenant.tenantId}", name: "${tenant.mark}" }) { tenant { id } } }`,
  )
  const owner: Owner = { ...tenant, ids: { tenant: tenant.tenantId } }
  for (const feature of features.values()) {
    const kinds = Object.keys(feature.fresh ?? {}).filter((kind) => !feature.shared?.includes(kind))
    for (const kind of kinds) owner.ids[kind] ??= await createFresh(app, kind, tenant)
    Object.assign(owner.ids, await feature.own?.(app, owner))
  }
  return owner
}

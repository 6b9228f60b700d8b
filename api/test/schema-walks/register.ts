import type { IdKind } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'

export interface Tenant {
  tenantId: string
  /** Part of every text that belongs to the tenant's objects; also serves as a unique name. */
  mark: string
}

/** The target of the arguments of a mutation: an object of a tenant. */
export interface Target extends Tenant {
  /** The id of an object of the kind that the mutation acts on; empty if it acts on none. */
  id: string
}

/** Ids by kind of object. Kinds are named as in the API: webhook, alertRule. */
export type Ids = Record<string, string>

/** A tenant with one object of each kind. */
export interface Owner extends Tenant {
  ids: Ids
}

export interface Mutation {
  /** The kind of object that it acts on. */
  on?: string
  /** Its arguments as document text. The audit walk runs them on a fresh object, the tenancy walk on another tenant's. */
  args?(target: Target): string
  /** Arguments for the tenancy walk, if they have to differ. */
  foreignArgs?(target: Target): string
  /** The action of its audit entry. */
  action: string
  /** The target type of its audit entry. Default: the first part of the action. */
  targetType?: string
  /** The target id of its entry. Default: the id of the object that it acts on; without one, the id of a new object. */
  targetId?: 'new' | 'all' | ((target: Target) => string)
  /** The tenant of its entry; null for the installation's. Default: the tenant of the object. */
  tenantId?: null | ((target: Target) => string)
  /** The rows that it creates name their creator: only a denial is an audit entry. */
  ownRecord?: true
  /** Its success requires a worker or an archive: the tests of the feature cover that entry. */
  succeedsElsewhere?: true
  /** It takes no arguments and acts on the caller's rows: the tenancy walk has a separate test for it. */
  onOwnRows?: true
  /** The part of its result that contains errors, if they are not in `errors`. */
  select?: string
}

export interface Subscription {
  /** Arguments that target a tenant's rows. */
  args?(owner: Owner): string
  select: string
  /** Causes its results, if publishing an event does not. */
  change?(app: TestApp, owner: Owner): Promise<unknown>
  /** The results for a caller who sees none of the rows. Default: nothing. */
  empty?: object
  /** Number of results after an event is published. Default: 1. */
  updates?: number
  /** The tenancy walk has a separate test for it. */
  ownTest?: true
}

export interface Table {
  /** An SQL expression for the tenant of a row. Default: `tenant_id`. */
  tenant?: string
  /** The kind of the public ids of its rows, if they have one. */
  ids?: IdKind
}

/** The data about a feature that the walks of the schema need. */
export interface Feature {
  /** By kind: creates an object of a tenant and returns its id. */
  fresh?: Record<string, (app: TestApp, tenant: Tenant) => Promise<string>>
  /**
   * Kinds of `fresh` that every tenant sees: a tenant of the tenancy walk gets none, and their mutations have
   * `foreignArgs`.
   */
  shared?: readonly string[]
  /** Creates further rows of a tenant that has a fresh object of each kind so far. Returned ids replace those of their kinds. */
  own?(app: TestApp, owner: Owner): Promise<Ids> | Promise<void>
  /** Tables with rows of tenants. */
  tables?: Record<string, Table>
  mutations?: Record<string, Mutation>
  subscriptions?: Record<string, Subscription>
  /** By query that requires arguments: each form of arguments that target a tenant's rows. */
  queries?: Record<string, (owner: Owner) => string[]>
  /** By field of filter inputs: the value that targets a tenant's rows. */
  filters?: Record<string, (owner: Owner) => string>
  /**
   * Creates rows for lists, as many as there are numbers; each has its own values where rows may share some. Returns
   * ids for `nodes`.
   */
  many?(app: TestApp, numbers: readonly number[]): Promise<string[]> | Promise<void>
  /** Required arguments of fields, by Type.field, for the walk of lists. */
  fieldArgs?: Record<string, string>
  /** Queries of lists that settings limit, or that group rows. */
  bounded?: readonly string[]
  /** Types, and fields of objects by Type.field, that `many` does not fill. */
  unfilled?: readonly string[]
  /** Types that no query of the walk of lists returns; payloads of mutations never count. */
  outOfReach?: readonly string[]
}

/** In the order of registration, which index.ts decides: a feature's rows may need those of earlier ones. Import index.ts alone. */
export const features = new Map<string, Feature>()

export function register(name: string, feature: Feature): void {
  if (features.has(name)) throw new Error(`${name} is registered already`)
  features.set(name, feature)
}

/** A mutation of an object by its id: `deleteLead(id: "lead_...")`, lead.delete. `more` are other arguments after a comma. */
export const byId = (action: string, more = ''): Mutation => ({
  on: action.split('.')[0]!,
  args: ({ id }) => `id: "${id}"${more}`,
  action,
})

/**
 * The id of the object that a mutation creates, which it selects as `created`: `createLead(...) { created: lead { id }
 * }`.
 */
export async function create(app: TestApp, mutation: string): Promise<string> {
  const { answer } = await app.ok<{ answer: { created: { id: string } } }>(`mutation { answer: ${mutation} }`)
  return answer.created.id
}

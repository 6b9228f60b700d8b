import type { IdKind } from '../../src/kit/ids.ts'
import type { TestApp } from '../harness.ts'

export interface Tenant {
  tenantId: string
  /** A unique text. Every text of the tenant's objects contains it. */
  mark: string
}

/** What the arguments of a mutation refer to: an object of a tenant. */
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
  /** The kind of object that the mutation acts on. */
  on?: string
  /**
   * The mutation's arguments as text of the document. The audit walk uses them with a new object, the tenancy walk with
   * an object of another tenant.
   */
  args?(target: Target): string
  /** The arguments for the tenancy walk, if they must differ. */
  foreignArgs?(target: Target): string
  /** The action of the mutation's audit entry. */
  action: string
  /** The target type of the audit entry. Default: the first part of the action. */
  targetType?: string
  /**
   * The target id of the audit entry. Default: the id of the object that the mutation acts on; if it acts on none, the
   * id of a new object.
   */
  targetId?: 'new' | 'all' | ((target: Target) => string)
  /** The tenant of the audit entry; null for the installation's chain. Default: the tenant of the object. */
  tenantId?: null | ((target: Target) => string)
  /** The rows that the mutation creates name their creator, so only a denial has an audit entry. */
  ownRecord?: true
  /** The mutation succeeds only with a worker or an archive. The tests of the feature cover its audit entry. */
  succeedsElsewhere?: true
  /** The mutation has no arguments and acts on the caller's rows. The tenancy walk has a separate test for it. */
  onOwnRows?: true
  /** The selection of the result that contains errors, if they are not in the field `errors`. */
  select?: string
}

export interface Subscription {
  /** Arguments that refer to a tenant's rows. */
  args?(owner: Owner): string
  select: string
  /** Causes a result of the subscription, if publishing an event does not. */
  change?(app: TestApp, owner: Owner): Promise<unknown>
  /** The result for a caller who sees none of the rows. Default: no result. */
  empty?: object
  /** Number of results after an event has been published. Default: 1. */
  updates?: number
  /** The tenancy walk has a separate test for this subscription. */
  ownTest?: true
}

export interface Table {
  /** An SQL expression for the tenant of a row. Default: `tenant_id`. */
  tenant?: string
  /** The kind of the rows' public ids, if the rows have public ids. */
  ids?: IdKind
}

/** The data about a feature that the walks of the schema use. */
export interface Feature {
  /** For each kind of object: creates an object of a tenant and returns its id. */
  fresh?: Record<string, (app: TestApp, tenant: Tenant) => Promise<string>>
  /**
   * Kinds of `fresh` whose objects every tenant sees. The tenancy walk creates none of them for its tenants, and their
   * mutations need `foreignArgs`.
   */
  shared?: readonly string[]
  /**
   * Creates further rows of a tenant, which already has a new object of each kind. The returned ids replace those of
   * the same kinds.
   */
  own?(app: TestApp, owner: Owner): Promise<Ids> | Promise<void>
  /** Tables with rows of tenants. */
  tables?: Record<string, Table>
  mutations?: Record<string, Mutation>
  subscriptions?: Record<string, Subscription>
  /** For each query with required arguments: all forms of arguments that refer to a tenant's rows. */
  queries?: Record<string, (owner: Owner) => string[]>
  /** For each field of filter inputs: the value that refers to a tenant's rows. */
  filters?: Record<string, (owner: Owner) => string>
  /**
   * Creates as many rows for each list as there are numbers. Each row has its own values where rows could share them.
   * Returns ids for the query `nodes`.
   */
  many?(app: TestApp, numbers: readonly number[]): Promise<string[]> | Promise<void>
  /** Required arguments of fields, by Type.field, for the walk over lists. */
  fieldArgs?: Record<string, string>
  /** List queries whose length a setting limits, or whose results are groups of rows. */
  bounded?: readonly string[]
  /** Types, and fields as Type.field, that `many` leaves empty. */
  unfilled?: readonly string[]
  /** Types that no query in the walk over lists returns. Payloads of mutations need not be listed. */
  outOfReach?: readonly string[]
}

/**
 * The features in the order of registration, which index.ts decides: a feature's rows may need rows of earlier
 * features. Import only index.ts.
 */
export const features = new Map<string, Feature>()

export function register(name: string, feature: Feature): void {
  if (features.has(name)) throw new Error(`${name} is registered already`)
  features.set(name, feature)
}

/**
 * A mutation of an object by its id: `deleteLead(id: "lead_...")` with the action lead.delete. `more`: further
 * arguments after a comma.
 */
export const byId = (action: string, more = ''): Mutation => ({
  on: action.split('.')[0]!,
  args: ({ id }) => `id: "${id}"${more}`,
  action,
})

/**
 * Runs a mutation that creates an object and selects it as `created`: `createLead(...) { created: lead { id } }`.
 * Returns the object's id.
 */
export async function create(app: TestApp, mutation: string): Promise<string> {
  const { answer } = await app.ok<{ answer: { created: { id: string } } }>(`mutation { answer: ${mutation} }`)
  return answer.created.id
}

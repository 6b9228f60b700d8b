/**
 * A table whose rows go with the events or the alerts of their time. Naming it where the features are wired (pipeline.ts) is all it
 * takes for prune runs to cover it. Its key is a UUIDv7 column `id`; rows of other tables that belong to it go by ON DELETE CASCADE.
 */
export interface ExpiringTable {
  table: string
  /** Whose retention counts: that of the tenant's events (the system's for rows without a tenant), or that of alerts. */
  subject: 'EVENTS' | 'ALERTS'
  /** Column with the tenant, null for the installation's own rows. */
  tenantColumn: string
  /** A column with the instant that a row's age counts from, which may be null for as long as it has no age; `id` when left out. */
  ageColumn?: string
  /** SQL condition on `t` that a row has to meet to go, such as "it is finished". */
  isFinal?: string
}

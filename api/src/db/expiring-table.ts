/**
 * A table whose rows expire together with events or alerts of the same age. Listing it in pipeline.ts makes prune
 * runs cover it. Its key is a UUIDv7 column `id`; dependent rows in other tables are deleted by ON DELETE CASCADE.
 */
export interface ExpiringTable {
  table: string
  /**
   * Which retention applies: that of the tenant's events (of system events for rows without a tenant) or that of
   * alerts.
   */
  subject: 'EVENTS' | 'ALERTS'
  /** Column with the tenant; null for rows of the installation. */
  tenantColumn: string
  /** Column from which a row's age counts; defaults to `id`. It may be null while the row has no age. */
  ageColumn?: string
  /** SQL condition on `t` that a row must meet to be pruned, such as "it is finished". */
  isFinal?: string
}

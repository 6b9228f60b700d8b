/**
 * A table whose rows expire together with events or alerts of the same age. If it is listed in pipeline.ts, prune runs
 * delete its expired rows. Its key must be a UUIDv7 column `id`. Dependent rows in other tables are deleted by ON
 * DELETE CASCADE.
 */
export interface ExpiringTable {
  table: string
  /**
   * The retention that applies: that of the tenant's events (of system events if a row has no tenant), or that of
   * alerts.
   */
  subject: 'EVENTS' | 'ALERTS'
  /** The column with the tenant. Null means that a row belongs to no tenant. */
  tenantColumn: string
  /**
   * The column with the time from which the age of a row is counted; `id` by default. While it is null, the row does
   * not expire.
   */
  ageColumn?: string
  /** An SQL condition on `t`. Only rows that meet it are pruned, for example "the row is finished". */
  isFinal?: string
}

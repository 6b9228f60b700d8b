/**
 * Milliseconds that an injected clock is ahead of the machine's; 0 outside of tests. SQL that goes by the database's clock adds
 * it, so that a test that moves its clock moves the database's with it.
 */
export const clockShift = ({ clock }: { clock: () => number }): number =>
  clock === Date.now ? 0 : Math.round(clock() - Date.now())

/** The database's time at the start of the statement, moved by a parameter that holds `clockShift`. */
export const databaseNow = (shift: string): string => `(statement_timestamp() + ${shift}::float8 * interval '1 ms')`

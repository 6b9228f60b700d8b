/**
 * Milliseconds by which an injected clock is ahead of the machine's clock; 0 outside tests. SQL that uses the
 * database clock adds it, so that a test that moves its clock also moves the database clock.
 */
export const clockShift = ({ clock }: { clock: () => number }): number =>
  clock === Date.now ? 0 : Math.round(clock() - Date.now())

/** The database time at the start of the statement, shifted by a parameter that holds `clockShift`. */
export const databaseNow = (shift: string): string => `(statement_timestamp() + ${shift}::float8 * interval '1 ms')`

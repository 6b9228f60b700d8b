/**
 * How many milliseconds an injected clock is ahead of the clock of the machine; 0 outside tests. SQL that uses the
 * clock of the database adds this number. So if a test moves its clock, the clock of the database moves too.
 */
export const clockShift = ({ clock }: { clock: () => number }): number =>
  clock === Date.now ? 0 : Math.round(clock() - Date.now())

/** The time of the database when the statement starts. `shift` is the parameter that contains `clockShift`. */
export const databaseNow = (shift: string): string => `(statement_timestamp() + ${shift}::float8 * interval '1 ms')`

/** The placeholder in ops/env/production.env.template for a required value. */
const PLACEHOLDER = 'REPLACE_ME'

/**
 * Names of variables that still have the placeholder, including foreign ones: passwords of PostgreSQL and Redis are
 * part of our URLs.
 */
export const unreplaced = (source: Record<string, string | undefined>): string[] =>
  Object.keys(source).filter((name) => source[name]?.includes(PLACEHOLDER))

/** The message that a variable has to be replaced. */
export const replaceIt = (name: string): string =>
  `${name} is still ${PLACEHOLDER}, the placeholder of the template: choose a value (ops/env/production.env.template says how)`

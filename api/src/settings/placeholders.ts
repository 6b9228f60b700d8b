/** The placeholder of required values in ops/env/production.env.template. */
const PLACEHOLDER = 'REPLACE_ME'

/**
 * Names of variables that still have the placeholder. Variables that are not ours count too: the passwords of
 * PostgreSQL and Redis are part of our URLs.
 */
export const unreplaced = (source: Record<string, string | undefined>): string[] =>
  Object.keys(source).filter((name) => source[name]?.includes(PLACEHOLDER))

/** The error message for a variable that still has the placeholder. */
export const replaceIt = (name: string): string =>
  `${name} is still ${PLACEHOLDER}, the placeholder of the template: choose a value (ops/env/production.env.template says how)`

/** Adds a parameter to the values of a statement and returns its placeholder, such as `$3`. */
export type SqlValue = (parameter: unknown) => string

export const sqlValues = (values: unknown[]): SqlValue => {
  return (parameter) => `$${values.push(parameter)}`
}

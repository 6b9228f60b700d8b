/** Appends a parameter to a statement's values and returns its placeholder, such as `$3`. */
export type SqlValue = (parameter: unknown) => string

export const sqlValues = (values: unknown[]): SqlValue => {
  return (parameter) => `$${values.push(parameter)}`
}

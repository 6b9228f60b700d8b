/** Reads when it is first asked, and answers that to all who ask. */
export function memoize<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= read()
    return value
  }
}

/** The same for each argument: as many values are kept as there are arguments that differ. */
export function memoizeBy<Argument, Value>(
  read: (argument: Argument) => Promise<Value>,
): (argument: Argument) => Promise<Value> {
  const values = new Map<Argument, Promise<Value>>()
  return (argument) => {
    let value = values.get(argument)
    if (!value) {
      value = read(argument)
      values.set(argument, value)
    }
    return value
  }
}

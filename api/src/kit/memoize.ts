/** Runs `read` on the first call and returns the same result to all callers. */
export function memoize<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= read()
    return value
  }
}

/** Memoizes per argument; the cache grows with the number of distinct arguments. */
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

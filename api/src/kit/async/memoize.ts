/** Returns a function that calls `read` once and returns that result to all callers. */
export function memoize<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined
  return () => {
    value ??= read()
    return value
  }
}

/** Like `memoize`, with one result per argument. The cache grows with the number of different arguments. */
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

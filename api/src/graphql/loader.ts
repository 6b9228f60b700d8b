import DataLoader from 'dataloader'
import type { Context } from './context.ts'
import { checkNotGivenUp } from './limits/deadline.ts'

/**
 * Creates a dataloader per request: the fields of one operation request keys, which are read together and once.
 * `batch` returns the rows that exist and that the context's identity may see; a missing key loads as null.
 */
export function createLoader<Value>(
  batch: (keys: readonly string[], context: Context) => Promise<ReadonlyMap<string, Value>>,
): (context: Context) => DataLoader<string, Value | null> {
  const loaders = new WeakMap<Context, DataLoader<string, Value | null>>()
  return (context) => {
    let loader = loaders.get(context)
    if (!loader) {
      loader = new DataLoader<string, Value | null>(
        async (keys) => {
          checkNotGivenUp(context)
          const found = await batch(keys, context)
          return keys.map((key) => found.get(key) ?? null)
        },
        { maxBatchSize: 1_000 },
      )
      loaders.set(context, loader)
    }
    return loader
  }
}

/** Loads rows by id, as `batch` returns them. */
export const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row.id, row]))

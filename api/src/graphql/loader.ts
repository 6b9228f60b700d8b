import DataLoader from 'dataloader'
import type { Context } from './context.ts'
import { checkNotGivenUp } from './limits/deadline.ts'

/**
 * A dataloader per request: what the fields of one operation ask for by key is read together, and once.
 * `batch` answers the rows that exist and that the context's identity may see; a key it leaves out loads as null.
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

/** Rows by their id, as `batch` answers them. */
export const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row.id, row]))

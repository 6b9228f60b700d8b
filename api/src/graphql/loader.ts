import DataLoader from 'dataloader'
import type { Context } from './context.ts'
import { checkNotGivenUp } from './limits/deadline.ts'

/**
 * Creates a dataloader per request. The keys that the fields of an operation need are read together, and each only
 * once. `batch` returns the rows that exist and that the identity may see. A key without a row loads as null.
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
          const values = await batch(keys, context)
          return keys.map((key) => values.get(key) ?? null)
        },
        { maxBatchSize: 1_000 },
      )
      loaders.set(context, loader)
    }
    return loader
  }
}

/** Rows by id, as `batch` must return them. */
export const byId = <Row extends { id: string }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row.id, row]))

/** Groups rows by a key. Rows whose key is null are skipped. */
export function groupedBy<Row>(rows: readonly Row[], key: (row: Row) => string | null): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const at = key(row)
    if (at === null) continue
    const group = groups.get(at)
    if (group) group.push(row)
    else groups.set(at, [row])
  }
  return groups
}

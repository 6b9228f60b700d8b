import type { PoolClient } from 'pg'

/**
 * Rolls back the transaction of a connection, and returns the connection to the pool. If even the rollback fails, the
 * connection is broken: it is then destroyed and does not return to the pool. Never rejects.
 */
export async function rollBack(client: PoolClient): Promise<void> {
  const isBroken = await client.query('ROLLBACK').then(
    () => false,
    () => true,
  )
  client.release(isBroken)
}

/** Reads rows as arrays of cells, in the order of the columns. All columns must be texts. */
export async function readCells(
  db: { connect(): Promise<PoolClient> },
  text: string,
  values: unknown[],
): Promise<(string | null)[][]> {
  const client = await db.connect()
  try {
    const { rows }: { rows: (string | null)[][] } = await client.query({ text, values, rowMode: 'array' })
    client.release()
    return rows
  } catch (error) {
    // The connection itself may be broken, so it is closed.
    client.release(true)
    throw error
  }
}

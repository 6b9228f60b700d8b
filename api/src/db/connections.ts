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

/** Reads the rows of a statement as arrays of cells, in the order of the columns. */
export async function readCells<Cells extends readonly unknown[]>(
  db: { connect(): Promise<PoolClient> },
  text: string,
  values: unknown[],
): Promise<Cells[]> {
  const client = await db.connect()
  try {
    const { rows }: { rows: Cells[] } = await client.query({ text, values, rowMode: 'array' })
    client.release()
    return rows
  } catch (error) {
    // The connection itself may be broken, so it is closed.
    client.release(true)
    throw error
  }
}

'use client'

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useEffect, useState } from 'react'
import { type RowsPage, readEveryRow } from './read-every-row.ts'

/**
 * All rows of a connection; null until loaded or if a request fails. They are read when the component is mounted, when
 * the variables change, and then every `pollMs` milliseconds if that is given. `pageOf` has to be stable.
 */
export function useEveryRow<Data, Node, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables & { after?: string | null }>,
  variables: Omit<Variables, 'after'>,
  pageOf: (data: Data) => RowsPage<Node>,
  { pollMs }: { pollMs?: number } = {},
): readonly Node[] | null {
  const client = useApolloClient()
  const [rows, setRows] = useState<readonly Node[] | null>(null)
  const key = JSON.stringify(variables)
  useEffect(() => {
    let isCurrent = true
    // Not cached: a list of the same connection with other fields would lose rows in the cache.
    const read = async (after: string | null) => {
      const { data } = await client.query<Data, OperationVariables>({
        query: document,
        variables: { ...JSON.parse(key), after },
        fetchPolicy: 'no-cache',
      })
      return data ? pageOf(data as Data) : null
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const readAll = async () => {
      const all = await readEveryRow(read).catch(() => null)
      if (!isCurrent) return
      if (all) setRows(all)
      // The next reading begins after this one has ended, so that readings do not overlap.
      if (pollMs !== undefined) timer = setTimeout(() => void readAll(), pollMs)
    }
    void readAll()
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, document, key, pageOf, pollMs])
  return rows
}

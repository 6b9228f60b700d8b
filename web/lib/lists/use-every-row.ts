'use client'

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useEffect, useState } from 'react'
import { type RowsPage, readEveryRow } from './read-every-row.ts'

/**
 * All rows of a connection, for a choice or for names by id; null until loaded or if a request fails. They are read when
 * the component is mounted and when the variables change. `pageOf` has to be stable.
 */
export function useEveryRow<Data, Node, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables & { after?: string | null }>,
  variables: Omit<Variables, 'after'>,
  pageOf: (data: Data) => RowsPage<Node>,
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
    readEveryRow(read)
      .then((all) => isCurrent && setRows(all))
      .catch(() => undefined)
    return () => {
      isCurrent = false
    }
  }, [client, document, key, pageOf])
  return rows
}

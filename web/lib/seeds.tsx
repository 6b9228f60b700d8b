'use client'

import type { ApolloClient, OperationVariables, WatchQueryFetchPolicy } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import type { DocumentNode } from 'graphql'
import { useEffect, useState } from 'react'

/** A query result that the server loaded while it rendered the page. */
export interface Seed {
  /** Name of the query's operation. */
  name: string
  variables: OperationVariables
  data: unknown
}

/** By client, the queries whose result arrived with the page and has not been used yet. */
const fresh = new WeakMap<ApolloClient, Set<string>>()
/**
 * By client, the seeds that are in its cache. On Back, Next.js passes the same seeds again, which are outdated by then.
 * While React hydrates a page, it may discard what it has rendered, including the client, because a script of the page
 * is still loading. The new client then needs the seeds again: without them the page would differ from the server's.
 */
const used = new WeakMap<ApolloClient, WeakSet<readonly Seed[]>>()

function nameOf(document: DocumentNode): string {
  const [first] = document.definitions
  return first && 'name' in first && first.name ? first.name.value : ''
}

/** A key for a query. It is the same for variables in a different order, and null equals absent. */
const keyOf = (name: string, variables: OperationVariables): string =>
  `${name} ${JSON.stringify(variables, (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, v]) => v !== null && v !== undefined)
            .sort(),
        )
      : value,
  )}`

/** Writes the server's results to the cache before the components below read from it. */
export function useSeeds(seeds: readonly Seed[] | undefined, documents: readonly DocumentNode[]): void {
  const client = useApolloClient()
  useState(() => {
    const known = used.get(client) ?? new WeakSet()
    if (!seeds || known.has(seeds)) return
    used.set(client, known.add(seeds))
    const keys = fresh.get(client) ?? new Set()
    fresh.set(client, keys)
    for (const { name, variables, data } of seeds) {
      const document = documents.find((one) => nameOf(one) === name)
      if (!document) continue
      client.writeQuery({ query: document, variables, data: data as Record<string, unknown> })
      keys.add(keyOf(name, variables))
    }
  })
}

/** The fetch policy of a query. A query with a seed is not repeated. Other queries show cached data and reload. */
export function useSeedPolicy(document: DocumentNode, variables: OperationVariables): WatchQueryFetchPolicy {
  const client = useApolloClient()
  const [seeded] = useState(() => {
    const key = keyOf(nameOf(document), variables)
    return fresh.get(client)?.has(key) || typeof window === 'undefined' ? key : null
  })
  // Not during rendering, which React may discard and repeat.
  useEffect(() => {
    if (seeded !== null) fresh.get(client)?.delete(seeded)
  }, [client, seeded])
  return seeded !== null && seeded === keyOf(nameOf(document), variables) ? 'cache-first' : 'cache-and-network'
}

import type { ApolloClient } from '@apollo/client'
import type { BulkReplayFailedIdsQuery } from '@/lib/graphql.ts'
import { FailedIds } from './documents.ts'

/** The most ids that one bulk replay takes. */
const MOST_IDS = 10_000

/** The ids of the deliveries of a bulk replay whose replay failed, at most 10,000. Throws the error of the API. */
export async function failedIds(client: ApolloClient, id: string): Promise<string[]> {
  const ids: string[] = []
  for (let after: string | null = null; ids.length < MOST_IDS; ) {
    const { data }: { data?: BulkReplayFailedIdsQuery } = await client.query({
      query: FailedIds,
      variables: { id, after },
      fetchPolicy: 'no-cache',
    })
    if (data?.node?.__typename !== 'BulkReplay') break
    const { nodes, pageInfo } = data.node.items
    ids.push(...nodes.map(({ original }) => original.id))
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor ?? null
  }
  return ids.slice(0, MOST_IDS)
}

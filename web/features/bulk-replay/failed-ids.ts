import type { ApolloClient } from '@apollo/client'
import { FailedIds } from './documents.ts'

/** The maximum number of ids in one bulk replay. */
const MOST_IDS = 10_000

/** The ids of the deliveries in a bulk replay whose replay failed, at most 10,000. Throws the error of the API. */
export async function failedIds(client: ApolloClient, id: string): Promise<string[]> {
  const ids: string[] = []
  let after: string | null | undefined = null
  while (after !== undefined && ids.length < MOST_IDS) {
    const page: FailedPage = await readPage(client, id, after)
    ids.push(...page.ids)
    after = page.after
  }
  return ids.slice(0, MOST_IDS)
}

interface FailedPage {
  ids: string[]
  /** The cursor of the next page; undefined if this page is the last one. */
  after: string | undefined
}

async function readPage(client: ApolloClient, id: string, after: string | null): Promise<FailedPage> {
  const { data } = await client.query({ query: FailedIds, variables: { id, after }, fetchPolicy: 'no-cache' })
  if (data?.node?.__typename !== 'BulkReplay') return { ids: [], after: undefined }
  const { nodes, pageInfo } = data.node.items
  return {
    ids: nodes.map(({ original }) => original.id),
    after: pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined,
  }
}

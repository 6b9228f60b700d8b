import 'server-only'
import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { type DocumentNode, print } from 'graphql'
import { cookies, headers } from 'next/headers'
import { bearerOf, readSession } from '@/features/access/session.ts'
import { readChoice } from '@/features/access/tenant/tenant-choice.ts'
import { documentId } from '../graphql.ts'
import type { Seed } from '../seeds.tsx'
import { cookieName } from './cookies.ts'
import { apiUrl } from './env.ts'
import { forwardedFor } from './forwarded-for.ts'
import { isHttps } from './site.ts'

/** How long the server waits for the first rows. After that, the page loads them itself and shows errors. */
const TIMEOUT_MS = 1_500

interface Asked {
  document: DocumentNode
  variables: OperationVariables
}

/** A query to run on the server while the page is rendered. */
export const ask = <Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Asked => ({ document, variables })

/** The session of the current request, and the tenant that the session's account has chosen. */
async function session() {
  const [jar, head] = await Promise.all([cookies(), headers()])
  const https = isHttps({ headers: head })
  const cookie = (name: string) => jar.get(cookieName(name, https))?.value
  const stored = readSession(cookie)
  return { head, token: stored && bearerOf(stored), tenant: readChoice(stored, cookie) }
}

/** The tenant that an account with several tenants has chosen; null if it has made no choice. */
export const chosenTenant = async (): Promise<string | null> => (await session()).tenant

/**
 * Queries the API while a page is rendered, so that the HTML contains the rows. A query that fails is left out, and the
 * page runs it again: the session may need renewal, the API may report an error, or the query may time out.
 */
export async function seedsOf(...queries: readonly Asked[]): Promise<Seed[]> {
  const { head, token, tenant } = await session()
  if (!token) return []
  const answers = await Promise.all(
    queries.map(async ({ document, variables }): Promise<Seed | null> => {
      const [first] = document.definitions
      const name = first && 'name' in first && first.name ? first.name.value : ''
      try {
        const response = await fetch(apiUrl('/graphql'), {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${token}`,
            ...forwardedFor(head),
            ...(tenant !== null && { 'x-tenant-id': tenant }),
          },
          body: JSON.stringify({ documentId: documentId(document), query: print(document), variables }),
          cache: 'no-store',
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
        const answer: { data?: unknown; errors?: unknown } = await response.json()
        return answer.data && !answer.errors ? { name, variables, data: answer.data } : null
      } catch {
        return null
      }
    }),
  )
  return answers.filter((seed) => seed !== null)
}

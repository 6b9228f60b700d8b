import 'server-only'
import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { type DocumentNode, print } from 'graphql'
import { cookies, headers } from 'next/headers'
import { bearerOf, readSession } from '@/features/access/session.ts'
import { readChoice } from '@/features/access/tenant-choice.ts'
import { cookieName } from './cookies.ts'
import { apiUrl } from './env.ts'
import { forwardedFor } from './forwarded-for.ts'
import { documentId } from './graphql.ts'
import type { Seed } from './seeds.tsx'
import { isHttps } from './site.ts'

/** The page does not wait longer for its first rows; it then loads them itself, and says what is wrong. */
const TIMEOUT_MS = 1_500

interface Asked {
  document: DocumentNode
  variables: OperationVariables
}

/** A query to ask while the page is rendered. */
export const ask = <Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Asked => ({ document, variables })

/** The session of the request that is being rendered, and the tenant that its account has chosen. */
async function session() {
  const [jar, head] = await Promise.all([cookies(), headers()])
  const https = isHttps({ headers: head })
  const cookie = (name: string) => jar.get(cookieName(name, https))?.value
  const found = readSession(cookie)
  return { head, token: found && bearerOf(found), tenant: readChoice(found, cookie) }
}

/** The tenant that an account of several has chosen to work in; null where there is no choice. */
export const chosenTenant = async (): Promise<string | null> => (await session()).tenant

/**
 * Asks the API while a page is rendered, so that its rows are in the HTML. What cannot be had (no session that needs no renewal,
 * an error, no answer in time) is left out: the page then asks for it, as it does for everything later.
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

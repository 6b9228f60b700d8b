'use client'

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client'
import { ErrorLink } from '@apollo/client/link/error'
import { ApolloProvider } from '@apollo/client/react'
import { relayStylePagination } from '@apollo/client/utilities'
import { type ReactNode, useState } from 'react'
import { signInPath } from './next-path.ts'
import { problemOf } from './problem.ts'
import { isSigningOut } from './sign-out.ts'

/** A session that has ended leads to the sign-in page and from there back to here, from whatever query noticed it. */
const signInAgain = new ErrorLink(({ error }) => {
  if (problemOf(error).code !== 'UNAUTHENTICATED') return
  const { pathname, search } = window.location
  if (!isSigningOut()) window.location.assign(signInPath(pathname + search))
  // Never settles: the page stays as it is until the browser has left it.
  return new Observable(() => {})
})

function createClient(): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.from([signInAgain, new HttpLink({ uri: '/graphql', credentials: 'same-origin' })]),
    cache: new InMemoryCache({
      typePolicies: {
        Query: {
          fields: {
            // One list per filter; a page after `after` joins it, a page without `after` replaces it.
            deliveries: relayStylePagination(['filter']),
            events: relayStylePagination(['filter']),
          },
        },
        Viewer: { keyFields: [] },
        DeliveryStats: { merge: true },
      },
    }),
    defaultOptions: { watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first' } },
  })
}

/** One client, and so one cache, per visit: signing in and out load the page anew. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const [client] = useState(createClient)
  return <ApolloProvider client={client}>{children}</ApolloProvider>
}

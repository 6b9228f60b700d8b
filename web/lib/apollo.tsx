'use client'

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client'
import { ErrorLink } from '@apollo/client/link/error'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { ApolloProvider } from '@apollo/client/react'
import { relayStylePagination } from '@apollo/client/utilities'
import { OperationTypeNode } from 'graphql'
import { type ReactNode, useState } from 'react'
import { detourOf } from './error-redirect.ts'
import { documentId, graphql } from './graphql.ts'
import { createLiveSocket, type LiveSocket } from './live/socket.ts'
import { LiveProvider } from './live/use-connection.tsx'
import { PAGE_TENANT, PAGE_TENANT_PARAM } from './page-tenant.ts'
import { isSigningOut } from './sign-out.ts'

const SessionProbe = graphql(`
  query SessionProbe {
    viewer {
      roles
    }
  }
`)

/** A session that has ended leads to sign in, and a tenant that is none of theirs to another, from whatever operation noticed it. */
const noticeEnd = new ErrorLink(({ error }) => {
  const { pathname, search } = window.location
  const detour = detourOf(error, pathname + search)
  if (detour === null) return
  if (!isSigningOut()) {
    if (detour === 'anew') window.location.reload()
    else window.location.assign(detour.to)
  }
  // Never settles: the page stays as it is until the browser has left it.
  return new Observable(() => {})
})

/** Operations go by the ids of their documents, and in full to an API that does not know them: one of another version. */
const byId = () => new PersistedQueryLink({ generateHash: documentId })

interface Api {
  client: ApolloClient
  /** Null on the server, which follows nothing. */
  socket: LiveSocket | null
}

/** `tenant`: the one chosen when the page was loaded. */
function createApi(tenant: string | null): Api {
  // What is wrong with a session only a request can tell, which renews it or leads to sign in.
  const probe = () => void client.query({ query: SessionProbe, fetchPolicy: 'no-cache' }).catch(() => undefined)
  const http = new HttpLink({
    uri: '/graphql',
    credentials: 'same-origin',
    headers: tenant === null ? {} : { [PAGE_TENANT]: tenant },
  })
  const socket =
    typeof window === 'undefined'
      ? null
      : createLiveSocket({
          url: `${window.location.origin.replace(/^http/, 'ws')}/graphql${tenant === null ? '' : `?${PAGE_TENANT_PARAM}=${tenant}`}`,
          // A browser does not tell a page why a socket was refused.
          onUnopened: probe,
          onSignedOut: probe,
        })
  const transport = socket
    ? ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        new GraphQLWsLink(socket.client),
        http,
      )
    : http
  const client = new ApolloClient({
    link: ApolloLink.from([noticeEnd, byId(), transport]),
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
  return { client, socket }
}

interface ApiProviderProps {
  /** Which of their tenants the viewer has chosen; null where there is no choice. */
  tenant: string | null
  children: ReactNode
}

/** One client, and so one cache and one socket, per visit: signing in and out and another tenant load the page anew. */
export function ApiProvider({ tenant, children }: ApiProviderProps) {
  const [{ client, socket }] = useState(() => createApi(tenant))
  return (
    <ApolloProvider client={client}>
      <LiveProvider socket={socket}>{children}</LiveProvider>
    </ApolloProvider>
  )
}

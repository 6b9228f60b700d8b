'use client'

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, Observable } from '@apollo/client'
import { ErrorLink } from '@apollo/client/link/error'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { ApolloProvider } from '@apollo/client/react'
import { relayStylePagination } from '@apollo/client/utilities'
import { OperationTypeNode } from 'graphql'
import { type ReactNode, useState } from 'react'
import { from, mergeMap } from 'rxjs'
import { detourOf } from './error-redirect.ts'
import { documentId, graphql } from './graphql.ts'
import { isLeavingPage } from './leaving-page.ts'
import { createLiveSocket, type LiveSocket } from './live/socket.ts'
import { LiveProvider } from './live/use-connection.tsx'
import { PAGE_TENANT, PAGE_TENANT_PARAM } from './page-tenant.ts'
import { watchRequests } from './slow-requests.ts'

const SessionProbe = graphql(`
  query SessionProbe {
    viewer {
      roles
    }
  }
`)

/**
 * Redirects to the sign-in page when the session has expired, and to the tenant choice when the chosen tenant is no
 * longer available.
 */
const noticeEnd = new ErrorLink(({ error }) => {
  const { pathname, search } = window.location
  const detour = detourOf(error, pathname + search)
  if (detour === null) return
  if (!isLeavingPage()) {
    if (detour === 'anew') window.location.reload()
    else window.location.assign(detour.to)
  }
  // Never settles, so that the page stays unchanged until the browser has left it.
  return new Observable(() => {})
})

/**
 * Sends document ids instead of texts. The text is sent only when the API does not know the id, because the API has
 * another version.
 */
const byId = () => new PersistedQueryLink({ generateHash: documentId })

/**
 * The connections that pages show, each with the arguments that identify a list. A result with `after` extends the
 * list; a result without `after` replaces it. Add an entry here for a new list.
 */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  alertRules: ['filter'],
  alerts: ['filter'],
  apiKeys: ['filter'],
  archives: ['tenantId'],
  auditEntries: ['filter'],
  bulkReplays: ['tenantId', 'statuses'],
  deliveries: ['filter'],
  events: ['filter'],
  silences: ['filter'],
  leads: ['filter'],
  pruneRuns: [],
  webhooks: ['filter'],
}

/** Sends subscriptions over the page's socket. */
const liveLink = (socket: LiveSocket) =>
  new ApolloLink((operation) =>
    from(socket.client()).pipe(mergeMap((client) => new GraphQLWsLink(client).request(operation))),
  )

interface Api {
  client: ApolloClient
  /** Null on the server, which has no live updates. */
  socket: LiveSocket | null
}

/** `tenant`: the tenant chosen when the page was loaded. */
function createApi(tenant: string | null): Api {
  // Browsers do not tell a page why a socket was refused. This request finds out the reason, and renews the session or
  // redirects.
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
          // The reason is unknown, so a request finds it out.
          onUnopened: probe,
          onSignedOut: probe,
        })
  const transport = socket
    ? ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        liveLink(socket),
        ApolloLink.from([watchRequests, http]),
      )
    : http
  const client = new ApolloClient({
    link: ApolloLink.from([noticeEnd, byId(), transport]),
    cache: new InMemoryCache({
      typePolicies: {
        Query: {
          fields: Object.fromEntries(
            Object.entries(LISTS).map(([field, keys]) => [field, relayStylePagination([...keys])]),
          ),
        },
        BulkReplay: { fields: { items: relayStylePagination(['outcome']) } },
        Viewer: { keyFields: [] },
        DeliveryStats: { merge: true },
        PlatformHealth: { merge: true },
        AutoHeal: { merge: true },
        RetentionSettings: { merge: true },
        AiProvider: { keyFields: ['name'] },
      },
    }),
    defaultOptions: { watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first' } },
  })
  return { client, socket }
}

interface ApiProviderProps {
  /** The tenant that an account with several tenants has chosen; null otherwise. */
  tenant: string | null
  children: ReactNode
}

/**
 * One Apollo client with one cache and one socket per page load. Signing in, signing out and switching tenants load the
 * page again.
 */
export function ApiProvider({ tenant, children }: ApiProviderProps) {
  const [{ client, socket }] = useState(() => createApi(tenant))
  return (
    <ApolloProvider client={client}>
      <LiveProvider socket={socket}>{children}</LiveProvider>
    </ApolloProvider>
  )
}

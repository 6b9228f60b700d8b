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
import { watchRequests } from './slow-requests.ts'

const SessionProbe = graphql(`
  query SessionProbe {
    viewer {
      roles
    }
  }
`)

/** Leads to sign-in when the session has ended, and to another tenant when the chosen one is no longer the viewer's. */
const noticeEnd = new ErrorLink(({ error }) => {
  const { pathname, search } = window.location
  const detour = detourOf(error, pathname + search)
  if (detour === null) return
  if (!isSigningOut()) {
    if (detour === 'anew') window.location.reload()
    else window.location.assign(detour.to)
  }
  // Never settles: the page stays as it is until the browser leaves it.
  return new Observable(() => {})
})

/** Sends the ids of documents, and their text to an API that does not know them because it is of another version. */
const byId = () => new PersistedQueryLink({ generateHash: documentId })

/**
 * The connections that pages show, with the arguments that make a list another one. A page after `after` joins the list, a page
 * without `after` replaces it. A new list is a line here.
 */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  alertRules: ['filter'],
  alerts: ['filter'],
  apiKeys: ['filter'],
  archives: ['tenantId'],
  auditEntries: ['filter'],
  deliveries: ['filter'],
  events: ['filter'],
  silences: ['filter'],
  leads: ['filter'],
  pruneRuns: [],
  webhooks: ['filter'],
}

interface Api {
  client: ApolloClient
  /** Null on the server, which has no live updates. */
  socket: LiveSocket | null
}

/** `tenant`: the one chosen when the page was loaded. */
function createApi(tenant: string | null): Api {
  // Only a request can tell what is wrong with a session. It renews the session or leads to sign-in.
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
  /** The tenant that an account of several has chosen; null where there is no choice. */
  tenant: string | null
  children: ReactNode
}

/** One client, with its cache and its socket, per visit. Signing in, signing out and another tenant load the page again. */
export function ApiProvider({ tenant, children }: ApiProviderProps) {
  const [{ client, socket }] = useState(() => createApi(tenant))
  return (
    <ApolloProvider client={client}>
      <LiveProvider socket={socket}>{children}</LiveProvider>
    </ApolloProvider>
  )
}

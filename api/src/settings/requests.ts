import { flag, list, whole } from './types.ts'

/** Limits on what the API accepts: the size and cost of documents, connections, and the rates of tenants. */
export const requestSettings = {
  INTROSPECTION: flag
    .optional()
    .describe('whether introspection (__schema, __type) is enabled; unset: not with NODE_ENV=production'),
  GRAPHIQL: flag
    .optional()
    .describe(
      'whether /graphql serves GraphiQL to browsers, which requires INTROSPECTION; unset: same as INTROSPECTION',
    ),
  PERSISTED_OPERATIONS: list
    .default([])
    .describe(
      'persisted documents in addition to those of the console, which clients send by SHA-256: .json files of ids and documents, .graphql files, or folders of these; comma-separated',
    ),
  PERSISTED_OPERATIONS_ONLY: flag
    .default(false)
    .describe('accept only the documents of the console and of PERSISTED_OPERATIONS, from every caller'),
  OPERATION_TIMEOUT_MS: whole(100, 600_000)
    .default(30_000)
    .describe('timeout of a query or mutation (UNAVAILABLE); its database statement is cancelled'),
  QUERY_MAX_TOKENS: whole(100, 100_000).default(2_000).describe('maximum tokens of a GraphQL document'),
  QUERY_MAX_DEPTH: whole(5, 100).default(20).describe('maximum nesting of fields in an operation'),
  QUERY_MAX_FIELDS: whole(50, 10_000).default(500).describe('maximum fields of an operation with expanded fragments'),
  QUERY_MAX_BREADTH: whole(10, 1_000).default(100).describe('maximum fields of one selection with expanded fragments'),
  QUERY_MAX_ROOT_FIELDS: whole(1, 1_000).default(20).describe('maximum root fields of an operation'),
  QUERY_MAX_ALIASES: whole(0, 1_000).default(50).describe('maximum aliases of an operation with expanded fragments'),
  QUERY_MAX_DIRECTIVES: whole(0, 1_000)
    .default(50)
    .describe('maximum directives of an operation with expanded fragments'),
  QUERY_MAX_COST: whole(1_000, 10_000_000)
    .default(50_000)
    .describe('maximum cost of an operation in values; docs/api.md explains the calculation'),
  QUERY_MAX_LIVE_COST: whole(10, 10_000_000)
    .default(5_000)
    .describe('maximum cost of one subscription result, which is computed with every change'),
  IDENTITY_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(50_000)
    .describe('maximum total cost of the subscriptions of an identity in an API process; identical ones count once'),
  HTTP_HEADERS_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('timeout for receiving the headers of a request'),
  HTTP_REQUEST_TIMEOUT_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('timeout for receiving the whole request; at least HTTP_HEADERS_TIMEOUT_MS'),
  HTTP_STALL_MS: whole(100, 3_600_000)
    .default(60_000)
    .describe('a client that reads nothing of its response, stream or export for this long is disconnected'),
  EVENT_STREAMS_MAX: whole(1, 1_000_000)
    .default(10_000)
    .describe('maximum open event streams per API process; further ones get 503'),
  WEBSOCKET_MAX_CONNECTIONS: whole(1, 1_000_000)
    .default(10_000)
    .describe('maximum open WebSockets per API process; further ones get 503'),
  WEBSOCKET_MAX_OPERATIONS: whole(1, 10_000).default(100).describe('maximum running operations per WebSocket'),
  WEBSOCKET_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(20_000)
    .describe('maximum total cost of the subscriptions of one WebSocket'),
  WEBSOCKET_INIT_TIMEOUT_MS: whole(50, 60_000)
    .default(3_000)
    .describe('a WebSocket that has not authenticated after this is closed'),
  WEBSOCKET_PING_MS: whole(50, 600_000)
    .default(12_000)
    .describe('interval of WebSocket pings; a peer that does not answer before the next ping is disconnected'),
  AUTH_RECHECK_MS: whole(50, 3_600_000)
    .default(30_000)
    .describe('interval at which the credentials of open WebSockets and event streams are rechecked'),
  TENANT_PUBLISH_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('events per second that a tenant may publish unless it has its own limit; 0: no limit'),
  TENANT_PUBLISH_BURST: whole(1, 10_000_000).optional().describe('burst size of that limit; unset: the limit itself'),
  TENANT_REQUESTS_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('requests per second that all identities of a tenant may make together; 0: no limit'),
  TENANT_REQUESTS_BURST: whole(1, 10_000_000).optional().describe('burst size of that limit; unset: the limit itself'),
}

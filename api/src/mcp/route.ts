import { createRequestContext, type Services } from '../graphql/context.ts'
import { readJson } from '../http/body.ts'
import type { GraphQLEngine } from '../http/graphql-engine.ts'
import type { GuardedRoute } from '../http/router.ts'
import { badInput } from '../kit/errors.ts'
import { executeBy } from './execute.ts'
import { createPreviews } from './previews.ts'

/**
 * MCP over streamable HTTP, stateless: each POST has one message, is authenticated by itself, and is answered in JSON.
 * There are no sessions to steal or to lose, and any API process may serve the next message. The server never sends on
 * its own, so GET and DELETE are refused (405, as specified). The first message loads the MCP SDK.
 */
export const mcp = (engine: GraphQLEngine, services: Services, version: string): GuardedRoute => ({
  path: '/mcp',
  methods: ['POST'],
  async handle(exchange, identity) {
    const { req, res, requestId, clientIp, receivedAt, trace, noted } = exchange
    const message = await readJson(exchange)
    // A batch of messages would count as only one request against the tenant's limit.
    if (Array.isArray(message)) throw badInput('body', 'is a batch; expected one JSON-RPC message')
    const context = createRequestContext(services, { identity, requestId, clientIp, receivedAt, trace, noted })
    const [{ createMcpServer }, { StreamableHTTPServerTransport }] = await Promise.all([
      import('./server.ts'),
      import('@modelcontextprotocol/sdk/server/streamableHttp.js'),
    ])
    const server = createMcpServer(executeBy(engine, context), createPreviews(context), version)
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    res.once('close', () => void server.close())
    await server.connect(transport)
    await transport.handleRequest(req, res, message)
  },
})

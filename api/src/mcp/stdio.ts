import type { Readable, Writable } from 'node:stream'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import {
  isInitializeRequest,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js'

export interface McpStdioOptions {
  /** The URL of the API, such as http://localhost:8010. */
  url: string
  /** An API key or token. The assistant has the key's role and tenant. */
  key: string
  stdin?: Readable
  stdout?: Writable
}

/** A code from the range that JSON-RPC reserves for errors of servers. */
const UPSTREAM_ERROR = -32_000

/**
 * An MCP server on standard input and output, for assistants that start a command. It forwards each message to the
 * API's /mcp and returns the response, so both transports have the same tools. Resolves when the input has ended and
 * every request in it is answered.
 */
export async function runMcpStdio({ url, key, stdin, stdout }: McpStdioOptions): Promise<void> {
  const local = new StdioServerTransport(stdin, stdout)
  const remote = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  })
  const underWay = new Set<Promise<void>>()
  let initializing: RequestId | null = null

  const forward = async (message: JSONRPCMessage) => {
    if (isJSONRPCRequest(message) && isInitializeRequest(message)) initializing = message.id
    try {
      await remote.send(message)
    } catch (error) {
      if (!isJSONRPCRequest(message)) return
      const reason = error instanceof Error ? error.message : String(error)
      await local.send({
        jsonrpc: '2.0',
        id: message.id,
        error: { code: UPSTREAM_ERROR, message: `the API at ${url}: ${reason}` },
      })
    }
  }
  remote.onmessage = (message) => {
    // From now on, HTTP requests contain the protocol version that was agreed on.
    if (isJSONRPCResultResponse(message) && message.id === initializing) {
      const { protocolVersion } = message.result
      if (typeof protocolVersion === 'string') remote.setProtocolVersion(protocolVersion)
    }
    void local.send(message)
  }
  local.onmessage = (message) => {
    const work = forward(message).finally(() => underWay.delete(work))
    underWay.add(work)
  }
  await remote.start()
  const input = stdin ?? process.stdin
  const ended = new Promise<void>((resolve) => {
    input.once('end', resolve)
    input.once('close', resolve)
  })
  await local.start()
  await ended
  await Promise.all(underWay)
  await remote.close()
  await local.close()
}

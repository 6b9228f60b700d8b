import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { secretProblem } from '../webhooks/send/sign.ts'
import { INITIAL, MODES, type Mode, type Reaction, react } from './behaviour.ts'
import { renderPage } from './page.ts'
import { createReceivedLog } from './received.ts'
import { createVerifier } from './signature.ts'

/** Maximum size of a request body. It is larger than any webhook's body, whose payload has at most 256 KiB. */
const MAX_BODY_BYTES = 1024 * 1024
const MAX_PATHS = 50

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void

/**
 * A webhook receiver for trials and demonstrations. It stores the requests that it gets, verifies their signatures, and
 * can simulate failures. It accepts requests from anybody who can connect, so it must listen on the loopback address
 * only.
 *
 *     POST /any/path                      the target of a webhook; the mode of the path decides the answer
 *     GET  /                              a page that shows the received requests, with buttons for the routes below
 *     GET|DELETE /requests.json           returns the received requests, newest first; DELETE forgets them
 *     GET  /behaviour                     the mode of each path: {"/flaky": "flaky", ...}
 *     POST /behaviour {path, mode}        sets the mode of a path (JSON or a form)
 *     POST /control?down=true             takes the receiver down: it cuts every connection without an answer
 *     POST /control?down=false            brings it back
 *     POST /secrets {secret}              adds a secret for verifying signatures
 *     GET  /health                        200, whatever the other routes do
 */
export function createReceiver({ secrets }: { secrets: readonly string[] }): Server {
  const modes = new Map<string, Mode>(Object.entries(INITIAL))
  const counts = new Map<string, number>()
  /** A path is listed after its first request. Paths beyond MAX_PATHS are answered but not listed. */
  const counted = (path: string): { mode: Mode; count: number } => {
    if (!modes.has(path) && modes.size < MAX_PATHS) modes.set(path, 'ok')
    const mode = modes.get(path)
    if (mode === undefined) return { mode: 'ok', count: 1 }
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    return { mode, count }
  }
  const received = createReceivedLog()
  const verifier = createVerifier(secrets)
  let down = false

  const hook: Handler = async (request, response, { pathname }) => {
    const body = await readBody(request)
    const { mode, count } = counted(pathname)
    const reaction: Reaction = down ? { kind: 'reset' } : react(mode, count)
    const { headers } = request
    received.add({
      at: new Date().toISOString(),
      path: pathname,
      headers,
      body,
      signature: verifier.verify(headers, body),
      answered:
        reaction.kind === 'answer'
          ? String(reaction.status)
          : reaction.kind === 'reset'
            ? 'by cutting the connection'
            : 'nothing',
    })
    perform(reaction, request, response)
  }

  const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    '/': {
      GET: (_request, response, url) => {
        const live = url.searchParams.has('live')
        const page = renderPage({ down, modes, received: received.list(), live })
        send(response, 200, page, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP })
      },
    },
    '/health': { GET: (_request, response) => send(response, 200, 'ok') },
    '/requests.json': {
      GET: (_request, response) => sendJson(response, 200, received.list()),
      DELETE: (_request, response) => {
        received.clear()
        response.writeHead(204).end()
      },
    },
    '/behaviour': {
      GET: (_request, response) => sendJson(response, 200, Object.fromEntries(modes)),
      POST: async (request, response) => {
        const { path, mode } = await readFields(request)
        if (!path?.startsWith('/')) throw new Refusal(`path is ${JSON.stringify(path)}; expected one like /healthy`)
        if (!modes.has(path) && modes.size >= MAX_PATHS)
          throw new Refusal(`path is one more than the ${MAX_PATHS} that are kept`)
        if (!isMode(mode)) throw new Refusal(`mode is ${JSON.stringify(mode)}; expected ${MODES.join(', ')}`)
        modes.set(path, mode)
        done(request, response, Object.fromEntries(modes))
      },
    },
    '/control': {
      POST: async (request, response, url) => {
        const wanted = url.searchParams.get('down') ?? (await readFields(request)).down
        if (wanted !== 'true' && wanted !== 'false')
          throw new Refusal(`down is ${JSON.stringify(wanted)}; expected true or false`)
        down = wanted === 'true'
        done(request, response, { down })
      },
    },
    '/secrets': {
      POST: async (request, response) => {
        const { secret = '' } = await readFields(request)
        const problem = secretProblem(secret)
        if (problem) throw new Refusal(`secret ${problem}`)
        verifier.add(secret)
        done(request, response, { added: true })
      },
    },
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://receiver')
    const methods = routes[url.pathname] ?? { POST: hook }
    const handler = methods[request.method ?? '']
    if (handler) return handler(request, response, url)
    const allow = Object.keys(methods).join(', ')
    send(response, 405, `${url.pathname} allows ${allow}`, { allow })
  }

  return createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // The sender has disconnected, so no response is sent.
      if (response.headersSent || response.destroyed) return response.destroy()
      send(
        response,
        error instanceof Refusal ? error.status : 400,
        error instanceof Error ? error.message : String(error),
      )
    })
  })
}

const CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The error for a bad request to one of the receiver's own paths. */
class Refusal extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

const isMode = (text: string | undefined): text is Mode => MODES.some((mode) => mode === text)

function perform(reaction: Reaction, request: IncomingMessage, response: ServerResponse): void {
  if (reaction.kind === 'hang') return
  if (reaction.kind === 'reset') return void request.socket.destroy()
  const { status, text, headers, delayMs } = reaction
  const timer = setTimeout(() => send(response, status, text, headers), delayMs)
  response.once('close', () => clearTimeout(timer))
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers })
  response.end(text)
}

const sendJson = (response: ServerResponse, status: number, value: unknown) =>
  send(response, status, `${JSON.stringify(value, null, 2)}\n`, { 'content-type': 'application/json' })

/** Answers a request. A form was sent by the page, so it is redirected back to the page; scripts get JSON. */
function done(request: IncomingMessage, response: ServerResponse, result: unknown): void {
  if (isForm(request)) response.writeHead(303, { location: '/' }).end()
  else sendJson(response, 200, result)
}

const isForm = ({ headers }: IncomingMessage) =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false

/** The fields of a JSON object or a form. Values that are not text are ignored. */
async function readFields(request: IncomingMessage): Promise<Record<string, string | undefined>> {
  const body = await readBody(request)
  if (isForm(request)) return Object.fromEntries(new URLSearchParams(body))
  if (body === '') return {}
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Refusal('the body is no JSON')
  }
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, text]) => typeof text === 'string'))
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Refusal(`the body is over ${MAX_BODY_BYTES / 1024} KiB`, 413)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

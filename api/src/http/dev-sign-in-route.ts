import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { DevSignIn } from '../access/dev-sign-in.ts'
import { forbidden } from '../kit/errors.ts'
import { readJson, sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/** Sign-in as any role: {role, tenantId?, name?} -> {token, expiresAt}. It exists with AUTH_MODE=dev only. */
export const authDev = (dev: DevSignIn): OpenRoute => ({
  path: '/auth/dev',
  methods: ['POST'],
  open: true,
  async handle(exchange) {
    if (!isLocalName(exchange.req)) throw forbidden(NOT_LOCAL)
    exchange.res.setHeader('cache-control', 'no-store')
    const { token, expiresAt } = await dev.signIn(await readJson(exchange, 10_000))
    sendJson(exchange, 200, { token, expiresAt: expiresAt.toISOString() })
  },
})

const NOT_LOCAL = 'sign-in as anybody answers only under an IP address or a name of the local network'

const LOCAL_SUFFIXES = ['.localhost', '.local', '.lan', '.internal', '.home.arpa', '.test']

/**
 * Whether the server was addressed by a name that nobody outside can own. A page of another site can have its own name
 * point here (DNS rebinding) and would then be same-origin with a server that lets anybody in.
 */
export function isLocalName(req: IncomingMessage): boolean {
  const host = (req.headers.host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return (
    isIP(host) !== 0 || (host !== '' && !host.includes('.')) || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix))
  )
}

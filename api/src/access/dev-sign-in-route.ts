import { readJson } from '../http/body.ts'
import { isLocalName } from '../http/local-name.ts'
import { sendJson } from '../http/request-context.ts'
import type { OpenRoute } from '../http/router.ts'
import { forbidden } from '../kit/errors.ts'
import type { DevSignIn } from './dev-sign-in.ts'

/** Sign-in with any role: {role, tenantId?, name?} -> {token, expiresAt}. The route exists only with AUTH_MODE=dev. */
export const devSignInRoute = (dev: DevSignIn): OpenRoute => ({
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

const NOT_LOCAL = 'dev sign-in is available only under an IP address or a host name of the local network'

import { sendJson } from '../http/request-context.ts'
import type { GuardedRoute, OpenRoute, Route } from '../http/router.ts'
import { hasRole } from '../identity/identity.ts'
import { forbidden } from '../kit/errors.ts'
import type { PlatformHealthReader } from './health/platform-health.ts'
import { errorOf } from './load.ts'

/** Health over plain HTTP, for probes and for scripts that do not use GraphQL. */
export const opsRoutes = (platformHealth: PlatformHealthReader): Route[] => [opsPing, opsHealth(platformHealth)]

const opsPing: OpenRoute = {
  path: '/ops/ping',
  methods: ['GET'],
  open: true,
  handle: (exchange) => sendJson(exchange, 200, { status: 'ok' }),
}

/**
 * The platform's health, with status 503 when the platform is down, else 200. It names the components of the
 * installation, so it requires an OPERATOR without a tenant.
 */
const opsHealth = (platformHealth: PlatformHealthReader): GuardedRoute => ({
  path: '/ops/health',
  methods: ['GET'],
  async handle(exchange, identity) {
    if (!hasRole(identity, 'OPERATOR'))
      throw forbidden('/ops/health requires the role OPERATOR', { requiredRole: 'OPERATOR' })
    if (identity.tenantId !== null)
      throw forbidden('/ops/health covers the whole installation; it requires an identity that is bound to no tenant')
    const { status, checkedAt, services, components } = await platformHealth.read()
    sendJson(exchange, status === 'DOWN' ? 503 : 200, {
      status: status.toLowerCase(),
      checkedAt,
      services: services.map((service) => {
        const { name, url, status, latencyMs, lastSeen } = service
        return { name, url, status: status.toLowerCase(), latencyMs, lastSeen, error: errorOf(service) }
      }),
      components: components.map((component) => ({ ...component, status: component.status.toLowerCase() })),
    })
  },
})

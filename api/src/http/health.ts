import { sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/**
 * Responds with the version and the uptime of the process. Does not check the servers that the process needs (see
 * /ready).
 */
export const health = (version: string, service = 'aetherlink-api'): OpenRoute => ({
  path: '/health',
  methods: ['GET'],
  open: true,
  handle: (exchange) =>
    sendJson(exchange, 200, {
      status: 'ok',
      service,
      version,
      uptimeSeconds: Math.round(process.uptime()),
    }),
})

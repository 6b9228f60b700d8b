import { sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/** Describes the process and its uptime. It says nothing about the servers behind it (see /ready). */
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

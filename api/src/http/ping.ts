import { sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/** Whether the process answers at all. */
export const ping: OpenRoute = {
  path: '/ping',
  methods: ['GET'],
  open: true,
  handle: (exchange) => sendJson(exchange, 200, { status: 'ok' }),
}

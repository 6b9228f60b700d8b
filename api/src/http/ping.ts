import { sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/** Responds as long as the process runs. */
export const ping: OpenRoute = {
  path: '/ping',
  methods: ['GET'],
  open: true,
  handle: (exchange) => sendJson(exchange, 200, { status: 'ok' }),
}

import { sendJson } from './request-context.ts'
import type { OpenRoute } from './router.ts'

/** Answers whenever the process runs. */
export const ping: OpenRoute = {
  path: '/ping',
  methods: ['GET'],
  open: true,
  handle: (exchange) => sendJson(exchange, 200, { status: 'ok' }),
}

import type { OpenRoute } from '../../http/router.ts'
import { refusal, sendRefusal } from './problem-details.ts'

/** Matches a host name that a sender may specify as its origin. */
const ORIGIN = /^[\w.:[\]-]{1,255}$/

/**
 * The handshake in which a sender asks for permission to send events (CloudEvents, HTTP 1.1 Web Hooks, section 4,
 * "Abuse Protection"). It requires no credentials and grants nothing: each event still needs an API key, and the tenant
 * of the key determines the rate limit.
 */
export const cloudEventsHandshake: OpenRoute = {
  path: '/events',
  methods: ['OPTIONS'],
  open: true,
  refuse: sendRefusal,
  handle({ req, res }) {
    const origin = req.headers['webhook-request-origin']
    res.setHeader('allow', 'POST, OPTIONS')
    if (origin !== undefined) {
      if (typeof origin !== 'string' || !ORIGIN.test(origin))
        throw refusal(400, 'BAD_USER_INPUT', 'webhook-request-origin: is not a host name, such as events.example.com')
      res.setHeader('webhook-allowed-origin', origin)
      res.setHeader('webhook-allowed-rate', '*')
    }
    res.writeHead(200, { 'content-length': 0 }).end()
  },
}

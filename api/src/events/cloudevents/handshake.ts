import type { OpenRoute } from '../../http/router.ts'
import { refusal, sendRefusal } from './problem-details.ts'

/** The names of hosts that a sender may give as its origin. */
const ORIGIN = /^[\w.:[\]-]{1,255}$/

/**
 * The handshake by which a sender of webhooks asks whether it may deliver events here (CloudEvents, HTTP 1.1 Web Hooks,
 * section 4, "Abuse Protection"). It comes before there are credentials, and permits nothing by itself: each event still needs
 * a key, whose tenant decides its rate.
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
        throw refusal(400, 'BAD_USER_INPUT', 'webhook-request-origin: is no name of a host, such as events.example.com')
      res.setHeader('webhook-allowed-origin', origin)
      res.setHeader('webhook-allowed-rate', '*')
    }
    res.writeHead(200, { 'content-length': 0 }).end()
  },
}

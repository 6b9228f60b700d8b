import type { DevSignIn } from '../access/dev.ts'
import { isLocalName } from './auth-dev.ts'
import { EXAMPLES } from './examples.ts'
import { sendText } from './exchange.ts'
import type { OpenRoute } from './router.ts'

/**
 * GraphiQL with everything it needs in the page itself: nothing is loaded from elsewhere. The page is for everybody, what it
 * asks takes an identity: with AUTH_MODE=dev it comes with that of a dev admin, so that it works at once; otherwise an API
 * key goes in its Headers editor, which wins over what the page came with.
 */
export const graphiql = (dev: DevSignIn | null): OpenRoute => ({
  path: '/graphql',
  methods: ['GET'],
  open: true,
  takes: ({ headers }) => headers.accept?.includes('text/html') === true,
  async handle({ req, res }) {
    // Nine megabytes of script: loaded when the first person wants to see it.
    const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
    const token = dev && isLocalName(req) ? (await dev.signIn({ role: 'ADMIN', name: 'GraphiQL' })).token : null
    const headers = token ? null : JSON.stringify({ Authorization: 'Bearer alk_...' }, null, 2)
    const page = renderGraphiQL({
      title: 'AetherLink',
      endpoint: '/graphql',
      // Its WebSockets do not carry what the Headers editor says; event streams are requests and do.
      subscriptionsProtocol: 'SSE',
      // A key that somebody types stays on the page.
      shouldPersistHeaders: false,
      defaultTabs: EXAMPLES.map(({ query, variables }) => ({
        query,
        variables: variables ? JSON.stringify(variables, null, 2) : null,
        headers,
      })),
      additionalHeaders: token ? { Authorization: `Bearer ${token}` } : {},
    })
    res.setHeader('cache-control', 'no-store')
    res.setHeader('x-frame-options', 'DENY')
    sendText(res, 200, String(page), 'text/html; charset=utf-8', req.method === 'HEAD')
  },
})

import type { DevSignIn } from '../../access/dev-sign-in.ts'
import { isLocalName } from '../dev-sign-in-route.ts'
import { EXAMPLES } from './examples.ts'
import { sendText } from '../request-context.ts'
import { graphiqlUrls } from './files.ts'
import type { OpenRoute } from '../router.ts'

/** The editor writes its styles into the page; its fonts are in its style sheet. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * GraphiQL, of which nothing is loaded from elsewhere. The page is for everybody, what it asks takes an identity: with
 * AUTH_MODE=dev it comes with that of a dev admin, so that it works at once; otherwise an API key goes in its Headers editor,
 * which wins over what the page came with.
 */
export const graphiql = (dev: DevSignIn | null): OpenRoute => ({
  path: '/graphql',
  methods: ['GET'],
  open: true,
  takes: ({ headers }) => headers.accept?.includes('text/html') === true,
  async handle({ req, res }) {
    const token = dev && isLocalName(req) ? (await dev.signIn({ role: 'ADMIN', name: 'GraphiQL' })).token : null
    res.setHeader('cache-control', 'no-store')
    res.setHeader('content-security-policy', POLICY)
    res.setHeader('x-frame-options', 'DENY')
    const page = pageOf(await graphiqlUrls(), optionsOf(token))
    sendText(res, 200, page, 'text/html; charset=utf-8', req.method === 'HEAD')
  },
})

function optionsOf(token: string | null): object {
  const headers = token ? null : JSON.stringify({ Authorization: 'Bearer alk_...' }, null, 2)
  return {
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
  }
}

const pageOf = (urls: Awaited<ReturnType<typeof graphiqlUrls>>, options: object): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>AetherLink</title>
    <link rel="icon" href="${urls['icon.ico']}">
    <link rel="stylesheet" href="${urls['page.css']}">
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>GraphiQL takes JavaScript.</noscript>
    <div id="root"></div>
    <script type="application/json" id="options">${JSON.stringify(options).replaceAll('<', '\\u003c')}</script>
    <script src="${urls['page.js']}"></script>
  </body>
</html>
`

import { isLocalName } from '../local-name.ts'
import { sendText } from '../request-context.ts'
import type { OpenRoute } from '../router.ts'
import { EXAMPLES } from './examples.ts'
import { graphiqlUrls } from './files.ts'

/** The content security policy of the page. The editor adds inline styles, and its style sheet contains the fonts. */
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
 * Serves GraphiQL from local files. The page can be loaded without an identity; the operations need one. With
 * AUTH_MODE=dev the page contains the token of a dev admin (`devToken`), so it works at once. Otherwise the user enters
 * an API key in the Headers editor. The key has priority over the token.
 */
export const graphiql = (devToken: (() => Promise<string>) | null): OpenRoute => ({
  path: '/graphql',
  methods: ['GET'],
  open: true,
  takes: ({ headers }) => headers.accept?.includes('text/html') === true,
  async handle({ req, res }) {
    const token = devToken && isLocalName(req) ? await devToken() : null
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
    // GraphiQL sends the values of the Headers editor with every request, but not with a WebSocket. Event streams are
    // requests.
    subscriptionsProtocol: 'SSE',
    // A key that the user enters is not stored in the browser.
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
    <noscript>GraphiQL requires JavaScript.</noscript>
    <div id="root"></div>
    <script type="application/json" id="options">${JSON.stringify(options).replaceAll('<', '\\u003c')}</script>
    <script src="${urls['page.js']}"></script>
  </body>
</html>
`

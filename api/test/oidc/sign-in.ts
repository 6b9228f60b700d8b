import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'

export const REDIRECT_URI = 'http://127.0.0.1/callback'
/** The path of the sign-in page. */
export const SIGN_IN = '/interaction/'

/** A page with a button for each user. */
export async function signInPage(provider: Provider, users: string[], req: IncomingMessage, res: ServerResponse) {
  if (req.method === 'POST') {
    let body = ''
    for await (const chunk of req) body += chunk
    const accountId = new URLSearchParams(body).get('user') ?? ''
    return provider.interactionFinished(req, res, { login: { accountId } }, { mergeWithLastSubmission: false })
  }
  const buttons = users.map((user) => `<button name="user" value="${user}">${user}</button>`).join('\n')
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  res.end(`<!doctype html><title>Sign in</title><h1>Sign in</h1><form method="post">${buttons}</form>`)
}

/** Follows redirects with cookies, signs in on the sign-in page, and returns the authorization code. */
export async function requestCode(from: string, user: string): Promise<string> {
  const cookies = new Map<string, string>()
  let url = from
  for (let step = 0; step < 10; step++) {
    const isPage = new URL(url).pathname.startsWith(SIGN_IN)
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(isPage && { method: 'POST', body: new URLSearchParams({ user }) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const text = await response.text()
    const location = response.headers.get('location')
    if (!location) throw new Error(`${url} answered ${response.status} without a redirect: ${text.slice(0, 500)}`)
    url = new URL(location, url).href
    const { origin, pathname, searchParams } = new URL(url)
    if (`${origin}${pathname}` !== REDIRECT_URI) continue
    const code = searchParams.get('code')
    if (!code) throw new Error(`the redirect has no code: ${url}`)
    return code
  }
  throw new Error('too many redirects')
}

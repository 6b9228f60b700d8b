import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
let page: Awaited<ReturnType<typeof get>>
let urls: string[]
beforeAll(async () => {
  app = await startTestApp()
  page = await get('/graphql', { accept: 'text/html' })
  urls = [...new Set(page.text.match(/\/graphiql\/[\w.-]+\?v=[\w-]+/g))]
  const script = urls.find((url) => url.includes('page.js')) ?? ''
  // The requests that the page's script starts by itself.
  urls.push(...new Set((await get(script)).text.match(/\/graphiql\/[\w.-]+\?v=[\w-]+/g)))
})
afterAll(() => app.stop())

/** Sends a request without credentials. Unlike fetch, it does not decompress the response. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET', of = app) {
  const asked = request(of.url + path, { headers, method }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return { status: answer.statusCode, headers: answer.headers, body, text: body.toString() }
}

describe('the page', () => {
  test('is not cacheable, because it may contain a token, and is small', () => {
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.text).toContain('"Authorization":"Bearer ')
    expect(page.body.length).toBeLessThan(16_000)
  })

  test('runs scripts of this server only and no inline scripts', () => {
    const policy = new Map(
      String(page.headers['content-security-policy'])
        .split('; ')
        .map((part) => [part.split(' ')[0], part]),
    )
    expect(policy.get('default-src')).toBe("default-src 'none'")
    expect(policy.get('script-src')).toBe("script-src 'self'")
    expect(policy.get('connect-src')).toBe("connect-src 'self'")
    expect(policy.get('frame-ancestors')).toBe("frame-ancestors 'none'")
    const scripts = page.text.match(/<script\b[^>]*>/g)
    expect(scripts).toEqual([
      '<script type="application/json" id="options">',
      expect.stringMatching(/^<script src="\/graphiql\//),
    ])
    expect(page.text).not.toMatch(/\bon\w+="/)
  })
})

describe('the files', () => {
  test('have content-addressed URLs and are cacheable forever', async () => {
    expect(urls).toHaveLength(6)
    for (const url of urls) {
      expect(url).toMatch(/^\/graphiql\/[a-z-]+\.(js|css|ico)\?v=[\w-]{22}$/)
      const { status, headers } = await get(url)
      expect([url, status, headers['cache-control']]).toEqual([url, 200, 'public, max-age=31536000, immutable'])
      expect(headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/x-icon)/)
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  test('are compressed if the client accepts it', async () => {
    for (const url of urls) {
      const plain = await get(url)
      expect(plain.headers).toMatchObject({ vary: 'accept-encoding', 'content-length': String(plain.body.length) })
      expect(plain.headers['content-encoding']).toBeUndefined()
      for (const accepted of ['gzip', 'deflate, gzip, br', 'br;q=1, GZIP;q=0.5']) {
        const packed = await get(url, { 'accept-encoding': accepted })
        expect(packed.headers).toMatchObject({ vary: 'accept-encoding', 'content-encoding': 'gzip' })
        expect(packed.body.length).toBeLessThan(plain.body.length * 0.6)
        expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
      }
      for (const refused of ['', 'identity', 'br', 'gzip;q=0', 'gzip; q=0.000, br', 'x-gzipped'])
        expect((await get(url, { 'accept-encoding': refused }, 'HEAD')).headers['content-encoding']).toBeUndefined()
    }
  })

  test('are not served for another version', async () => {
    for (const path of [
      '/graphiql/page.js',
      '/graphiql/page.js?v=',
      '/graphiql/page.js?v=0123456789012345678901',
      `${urls[0]}&x`,
    ]) {
      const { status, headers } = await get(path)
      expect([path, status]).toEqual([path, 404])
      expect(headers['cache-control'] ?? '').not.toContain('immutable')
    }
  })

  test('are not served if GraphiQL is disabled', async () => {
    const closed = await startTestApp({ beside: app, env: { GRAPHIQL: 'false' } })
    try {
      for (const url of urls) expect((await get(url, {}, 'GET', closed)).status).toBe(404)
    } finally {
      await closed.stop()
    }
  })
})

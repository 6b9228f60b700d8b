import { expect, test } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { documentId } from '../web/lib/document-id.ts'
import { adminKey, chooseRole, openAccount, rows, signalApi, signInAs, unique, visitAs } from './support.ts'

test('a visitor signs in and lands on the requested page', async ({ page, context }) => {
  await signInAs(page, 'Operator', '/events?window=all&severity=critical')
  await expect(page).toHaveURL('/events?window=all&severity=critical')
  await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
  const session = (await context.cookies()).find(({ name }) => name === 'aetherlink_session')
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
})

test('signing in never redirects to another site', async ({ page, baseURL }) => {
  for (const next of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/..//evil.example',
    'javascript:alert(1)',
  ]) {
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`)
    await chooseRole(page, 'Viewer')
    await page.getByRole('button', { name: 'Sign in as viewer' }).click()
    await expect(page).toHaveURL(`${baseURL}/now`)
  }
})

test('signing out ends the session', async ({ page, context }) => {
  await visitAs(page, 'Viewer', '/events?window=all')
  await openAccount(page)
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL('/sign-in')
  expect((await context.cookies()).filter(({ name }) => name === 'aetherlink_session')).toEqual([])
  await page.goto('/now')
  await expect(page).toHaveURL('/sign-in')
})

test('an API key signs in, an unknown one does not', async ({ page, context }) => {
  await page.goto('/sign-in')
  await page.getByLabel('API key').fill(`alk_${'x'.repeat(32)}`)
  await page.getByRole('button', { name: 'Sign in with the key' }).click()
  // The error is shown at the field, which has the focus again.
  await expect(page.getByLabel('API key')).toHaveAccessibleDescription(/not accepted/)
  await expect(page.getByLabel('API key')).toBeFocused()
  await page.getByLabel('API key').fill(adminKey())
  await page.getByRole('button', { name: 'Sign in with the key' }).click()
  await expect(page.getByTestId('viewer')).toContainText('Admin · all tenants')
  const session = (await context.cookies()).find(({ name }) => name === 'aetherlink_session')
  expect(session?.value).toMatch(/^s1\./)
  expect(session?.value).not.toContain(adminKey())
})

test('over https, cookies use the __Host- prefix and HSTS is set', async ({ request }) => {
  const https = { 'x-forwarded-proto': 'https' }
  const signedIn = await request.post('/session', {
    data: { kind: 'key', key: adminKey() },
    headers: { ...https, 'sec-fetch-site': 'same-origin' },
  })
  const cookie = signedIn.headers()['set-cookie']
  expect(cookie).toMatch(/^__Host-aetherlink_session=s1\.[\w-]+; Path=\/; /)
  for (const part of ['; Secure', '; HttpOnly', '; SameSite=lax']) expect(cookie).toContain(part)
  expect(cookie).not.toMatch(/domain/i)
  const hsts = async (headers = {}) =>
    (await request.get('/sign-in', { headers })).headers()['strict-transport-security']
  expect([await hsts(https), await hsts()]).toEqual(['max-age=31536000', undefined])
})

test('an expired session leads to the sign-in page and back to the same page', async ({ page, context, baseURL }) => {
  await visitAs(page, 'Viewer', '/events?window=all')
  await context.addCookies([{ name: 'aetherlink_session', value: 'worn-out', url: baseURL ?? '' }])
  // The open page may notice by itself that the session has ended. It then goes to the sign-in page, which aborts the
  // reload.
  await page.reload().catch(() => {})
  await expect(page).toHaveURL('/sign-in?next=%2Fevents%3Fwindow%3Dall')
  expect((await context.cookies()).filter(({ name }) => name === 'aetherlink_session')).toEqual([])
  await page.getByRole('button', { name: 'Sign in as operator' }).click()
  await expect(page).toHaveURL('/events?window=all')
})

const ViewerRoles = graphql(`
  query E2eViewerRoles {
    viewer {
      roles
    }
  }
`)

test('cross-site requests are refused, regardless of their cookies', async ({ page }) => {
  await visitAs(page, 'Operator', '/deliveries')
  const data = JSON.stringify({ documentId: documentId(ViewerRoles) })
  const send = (headers: Record<string, string>) => page.request.post('/graphql', { data, headers })
  const json = { 'content-type': 'application/json' }
  expect((await send({ ...json, 'sec-fetch-site': 'same-origin' })).status()).toBe(200)
  expect((await send({ ...json, 'sec-fetch-site': 'cross-site' })).status()).toBe(403)
  expect((await send({ ...json, origin: 'https://evil.example' })).status()).toBe(403)
  expect((await send(json)).status()).toBe(403)
  expect((await send({ 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' })).status()).toBe(415)
  const session = { data: { kind: 'dev', role: 'ADMIN' }, headers: { ...json, 'sec-fetch-site': 'cross-site' } }
  expect((await page.request.post('/session', session)).status()).toBe(403)
  const rebound = {
    data: { kind: 'dev', role: 'ADMIN' },
    headers: { ...json, 'sec-fetch-site': 'same-origin', 'x-forwarded-host': 'evil.example' },
  }
  expect((await page.request.post('/session', rebound)).status()).toBe(403)
  expect((await page.request.delete('/session', { headers: { origin: 'https://evil.example' } })).status()).toBe(403)
})

test('an unavailable API is reported, and the page loads when it is back', async ({ page }) => {
  await visitAs(page, 'Viewer', '/events')
  signalApi('SIGKILL')
  await page.goto('/deliveries?window=all')
  await expect(rows(page).first()).toBeVisible({ timeout: 30_000 })
})

test('pages send document ids, and no other documents are accepted', async ({ page }) => {
  const asked: { query?: string; extensions?: { persistedQuery?: { sha256Hash?: string } } }[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql') && request.method() === 'POST') asked.push(request.postDataJSON())
  })
  await visitAs(page, 'Operator', '/deliveries?window=all')
  await expect(rows(page).first()).toBeVisible()
  expect(asked.length).toBeGreaterThan(0)
  for (const { query, extensions } of asked) {
    expect(query).toBeUndefined()
    expect(extensions?.persistedQuery?.sha256Hash).toMatch(/^sha256:[0-9a-f]{64}$/)
  }
  const own = { data: { query: '{ apiKeys { nodes { id } } }' }, headers: { 'sec-fetch-site': 'same-origin' } }
  const refused = await page.request.post('/graphql', own)
  expect([refused.status(), await refused.json()]).toMatchObject([
    403,
    { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
  ])
})

const PublishFrom = graphql(`
  mutation E2ePublishFrom($input: PublishEventInput!) {
    publishEvent(input: $input) {
      event {
        clientIp
      }
    }
  }
`)

test('the API receives the addresses of visitors, not of the web server', async ({ request }) => {
  const own = { 'sec-fetch-site': 'same-origin' }
  await request.post('/session', { data: { kind: 'key', key: adminKey() }, headers: own })
  const clientOf = async (headers: Record<string, string>) => {
    const variables = { input: { type: `e2e.from.${unique()}`, source: 'e2e' } }
    const data = { documentId: documentId(PublishFrom), variables }
    return (await request.post('/graphql', { data, headers: { ...own, ...headers } })).json()
  }
  const from = (clientIp: string) => ({ data: { publishEvent: { event: { clientIp } } } })
  expect(await clientOf({})).toEqual(from('127.0.0.1'))
  // The header as a proxy on this machine forwards it. The client has forged the first address.
  expect(await clientOf({ 'x-forwarded-for': '8.8.8.8, 203.0.113.7' })).toEqual(from('203.0.113.7'))
})

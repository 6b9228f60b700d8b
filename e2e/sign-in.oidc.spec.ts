import { expect, type Page, test } from '@playwright/test'
import { startProvider, type TestProvider, userOf } from '../api/test/provider.ts'
import { behave, createReceiver, publish, rows, unique } from './support.ts'

let provider: TestProvider

test.beforeAll(async ({ baseURL }) => {
  provider = await startProvider({
    port: Number(process.env.OIDC_PORT),
    redirectUris: [`${baseURL}/auth/callback`],
    postLogoutRedirectUris: [`${baseURL}/sign-in`],
  })
})
test.afterAll(() => provider.stop())
test.beforeEach(() => {
  Object.assign(provider.lifetimes, LONG)
})

const LONG = { accessToken: 300, refreshToken: 3_600 }
const account = (page: Page) => page.getByRole('link', { name: 'Sign in with your account' })
const refreshes = () => provider.asked.get('/token') ?? 0

/** Goes to a page as a visitor without a session, and signs in at the provider on the way. */
async function visitAs(page: Page, user: string, path: string): Promise<void> {
  await page.goto(path)
  await account(page).click()
  await page.getByRole('button', { name: user, exact: true }).click()
  await expect(page).toHaveURL(path)
}

test('the provider signs in, and the session outlives a reload and the access token, also on a page that is live', async ({
  page,
  context,
}) => {
  Object.assign(provider.lifetimes, { accessToken: 4 })
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  await visitAs(page, 'operator', '/events?window=all')
  await expect(page.getByTestId('viewer')).toContainText('Otto Operator')
  await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
  const session = (await context.cookies()).filter(({ name }) => name.startsWith('aetherlink_'))
  expect(session.map(({ name }) => name)).toContain('aetherlink_session')
  for (const cookie of session) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(decodeURIComponent(JSON.stringify(session))).not.toContain('eyJ')

  // The socket ends with its token, and the next one is opened with the renewed one.
  const before = refreshes()
  await expect.poll(refreshes).toBeGreaterThan(before)
  await expect.poll(() => sockets.length).toBeGreaterThan(1)
  const type = `e2e.oidc.${unique()}`
  await publish(type)
  await expect(page.getByText(type).first()).toBeVisible()

  const renewed = refreshes()
  await expect(async () => {
    await page.reload()
    await expect(page.getByTestId('viewer')).toContainText('Otto Operator')
    expect(refreshes()).toBeGreaterThan(renewed)
  }).toPass()
  await expect(page).toHaveURL('/events?window=all')
})

test('a viewer is offered nothing that would be refused', async ({ page }) => {
  const type = `e2e.oidc.${unique()}`
  const path = `/${type}`
  await behave(path, 'down')
  await createReceiver(type, path)
  await publish(type)
  await visitAs(page, 'operator', `/deliveries?window=all&q=${encodeURIComponent(path)}`)
  await rows(page).first().click()
  const replay = page.getByRole('button', { name: /replay/i })
  await expect(replay.first()).toBeVisible()

  await page.context().clearCookies()
  await visitAs(page, 'viewer', `/deliveries?window=all&q=${encodeURIComponent(path)}`)
  await expect(page.getByTestId('viewer')).toContainText('Viewer')
  await rows(page).first().click()
  await expect(page.getByRole('dialog')).toContainText(type)
  await expect(replay).toHaveCount(0)
})

test('a session that the provider ended leads to sign in and back to the same page', async ({ page, context }) => {
  Object.assign(provider.lifetimes, { accessToken: 1, refreshToken: 1 })
  await page.goto('/events?window=all&severity=critical')
  await account(page).click()
  await page.getByRole('button', { name: 'viewer', exact: true }).click()
  await expect(page).toHaveURL('/sign-in?next=%2Fevents%3Fwindow%3Dall%26severity%3Dcritical')
  expect((await context.cookies()).filter(({ name }) => name.startsWith('aetherlink_session'))).toEqual([])
  Object.assign(provider.lifetimes, LONG)
  // The provider still knows who it is.
  await account(page).click()
  await expect(page).toHaveURL('/events?window=all&severity=critical')
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
})

test('a provider that is away is said, and nobody is signed out for it', async ({ page }) => {
  Object.assign(provider.lifetimes, { accessToken: 1 })
  await visitAs(page, 'viewer', '/events?window=all')
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
  await provider.away()
  try {
    // None of the tokens that there are outlives this.
    const over = Date.now() + 1_000
    await expect.poll(() => Date.now()).toBeGreaterThan(over)
    await page.reload()
    const notice = page.getByRole('alert').filter({ hasText: 'The identity provider does not answer' })
    await expect(notice).toContainText('You stay signed in')
  } finally {
    await provider.back()
  }
  Object.assign(provider.lifetimes, LONG)
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
  await expect(page).toHaveURL('/events?window=all')
})

test('signing out ends the session at the provider too', async ({ page, context }) => {
  await visitAs(page, 'viewer', '/deliveries')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Yes, sign me out' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
  expect((await context.cookies()).filter(({ name }) => name.startsWith('aetherlink_session'))).toEqual([])
  await account(page).click()
  await expect(page.getByRole('button', { name: 'viewer', exact: true })).toBeVisible()
})

test('somebody without a role is told, and may come as somebody else', async ({ page }) => {
  await page.goto('/events')
  await account(page).click()
  await page.getByRole('button', { name: 'nobody', exact: true }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'may do nothing here' })).toBeVisible()
  // The provider would let the same account in again, unless it is told to ask.
  await account(page).click()
  await expect(page.getByRole('button', { name: 'acme', exact: true })).toBeVisible()
})

test('a sign-in that this browser did not begin is refused', async ({ page }) => {
  await page.goto('/auth/callback?code=stolen&state=somebody-elses')
  await expect(page).toHaveURL('/sign-in?problem=stale')
  await expect(page.getByRole('alert').filter({ hasText: 'begun in another browser' })).toBeVisible()
})

test.describe('an account of several tenants', () => {
  const tenant = (page: Page) => page.getByRole('combobox', { name: 'Tenant' })
  const chosen = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name })

  async function beginAs(page: Page, user: string, path: string): Promise<void> {
    await page.goto(path)
    await account(page).click()
    await page.getByRole('button', { name: user, exact: true }).click()
  }

  async function switchTo(page: Page, name: string): Promise<void> {
    await tenant(page).click()
    await page.getByRole('option', { name }).click()
  }

  async function signOut(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Yes, sign me out' }).click()
    await expect(page).toHaveURL(/\/sign-in/)
  }

  test('chooses one after signing in, switches to another, and comes back to the last one', async ({
    page,
    context,
  }) => {
    const type = `e2e.oidc.${unique()}`
    const path = `/events?window=all&type=${type}`
    await publish(type)
    await publish(type, 2, { tenantId: 'tenant-2' })
    await beginAs(page, 'several', path)
    await expect(page).toHaveURL(`/choose-tenant?next=${encodeURIComponent(path)}`)
    await chosen(page, 'tenant-1').click()
    await expect(page).toHaveURL(path)
    await expect(tenant(page)).toHaveValue(/tenant-1/)
    await expect(rows(page)).toHaveCount(1)
    const kept = (await context.cookies()).find(({ name }) => name === 'aetherlink_tenant')
    expect(kept).toMatchObject({ httpOnly: true, sameSite: 'Lax', value: expect.stringContaining('tenant-1') })

    // What is open is the other tenant's.
    await rows(page).first().click()
    await expect(page).toHaveURL(/event=/)
    await page.keyboard.press('Escape')
    await page.goBack()
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.getByRole('button', { name: 'Close' }).first().click()
    await switchTo(page, 'tenant-2')
    await expect(page).toHaveURL(path)
    await expect(tenant(page)).toHaveValue(/tenant-2/)
    await expect(rows(page)).toHaveCount(2)

    // What follows is of the new tenant, too.
    await expect(page.getByTestId('live-state')).toHaveText('Live')
    await publish(type)
    await publish(type, 1, { tenantId: 'tenant-2' })
    await expect(rows(page)).toHaveCount(3)

    await signOut(page)
    await beginAs(page, 'several', path)
    await expect(page).toHaveURL(path)
    await expect(tenant(page)).toHaveValue(/tenant-2/)
    await expect(rows(page)).toHaveCount(3)

    // A choice is its account's: whoever comes next sees what they would see.
    await signOut(page)
    await visitAs(page, 'operator', path)
    await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
    await expect(rows(page)).toHaveCount(5)
  })

  test('acts in no tenant but the one that the page shows', async ({ page, context }) => {
    const type = `e2e.oidc.${unique()}`
    const path = `/events?window=all&type=${type}`
    await publish(type)
    await beginAs(page, 'several', path)
    await chosen(page, 'tenant-1').click()
    await expect(rows(page)).toHaveCount(1)
    const other = await context.newPage()
    await other.goto(path)
    await switchTo(other, 'tenant-2')
    await expect(tenant(other)).toHaveValue(/tenant-2/)
    await expect(tenant(page)).toHaveValue(/tenant-1/)
    await page.getByRole('radiogroup', { name: 'Severity' }).getByText('Critical', { exact: true }).click()
    await expect(tenant(page)).toHaveValue(/tenant-2/)
    await expect(page).toHaveURL(`${path}&severity=critical`)
  })

  test('gets no tenant for naming it, nor has one chosen by another site', async ({ page, baseURL }) => {
    await beginAs(page, 'several', '/events')
    await chosen(page, 'tenant-1').click()
    await expect(tenant(page)).toHaveValue(/tenant-1/)
    const put = (tenantId: string, origin: string) =>
      page.request.put('/session/tenant', { headers: { origin }, data: { tenantId } })
    expect((await put('tenant-2', 'https://evil.example')).status()).toBe(403)
    expect((await put('a\r\nx: y', String(baseURL))).status()).toBe(400)
    await page.reload()
    await expect(tenant(page)).toHaveValue(/tenant-1/)
    expect((await put('tenant-acme', String(baseURL))).status()).toBe(204)
    await page.reload()
    await expect(page).toHaveURL('/choose-tenant?next=%2Fevents')
    await expect(chosen(page, 'tenant-acme')).toHaveCount(0)
  })

  test('chooses anew when the one it worked in is not its own any more', async ({ page }) => {
    const before = provider.users.get('several')
    Object.assign(provider.lifetimes, { accessToken: 4 })
    try {
      await beginAs(page, 'several', '/events?window=all')
      await chosen(page, 'tenant-2').click()
      await expect(tenant(page)).toHaveValue(/tenant-2/)
      provider.users.set('several', userOf('Sam Several', ['operator'], ['tenant-1', 'tenant-acme']))
      // The live page notices by itself, with the next token.
      await expect(page).toHaveURL('/choose-tenant?next=%2Fevents%3Fwindow%3Dall')
      await expect(chosen(page, 'tenant-2')).toHaveCount(0)
      await chosen(page, 'tenant-acme').click()
      await expect(page).toHaveURL('/events?window=all')
      await expect(tenant(page)).toHaveValue(/tenant-acme/)

      provider.users.set('several', userOf('Sam Several', ['operator']))
      await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
    } finally {
      if (before) provider.users.set('several', before)
    }
  })
})

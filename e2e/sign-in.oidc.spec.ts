import { expect } from '@playwright/test'
import { account, beginAs, LONG, signOut, test, visitAs } from './oidc.ts'
import { behave, createReceiver, pane, publish, rows, unique } from './support.ts'

test('the session after a sign-in at the provider outlives a reload and the access token, also on a live page', async ({
  page,
  context,
  provider,
}) => {
  const refreshes = () => provider.asked.get('/token') ?? 0
  Object.assign(provider.lifetimes, { accessToken: 4 })
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  await visitAs(page, 'operator', '/events?window=all')
  await expect(page.getByTestId('viewer')).toContainText('Otto Operator')
  await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
  const session = (await context.cookies()).filter(({ name }) => /^aetherlink_(session|login)/.test(name))
  expect(session.map(({ name }) => name)).toContain('aetherlink_session')
  for (const cookie of session) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
  expect(decodeURIComponent(JSON.stringify(session))).not.toContain('eyJ')

  // The socket is closed when its token expires. The next socket uses the renewed token.
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

test('a viewer sees no actions that would be refused', async ({ page }) => {
  const type = `e2e.oidc.${unique()}`
  const path = `/${type}`
  await behave(path, 'down')
  await createReceiver(type, path)
  await publish(type)
  await visitAs(page, 'operator', `/deliveries?window=all&q=${encodeURIComponent(path)}`)
  await rows(page).first().click()
  const replay = pane(page).getByRole('button', { name: 'Replay' })
  await expect(replay.first()).toBeVisible()

  // The open page is left first, because it would go to the sign-in page as soon as it has no session.
  await page.goto('about:blank')
  await page.context().clearCookies()
  await visitAs(page, 'viewer', `/deliveries?window=all&q=${encodeURIComponent(path)}`)
  await expect(page.getByTestId('viewer')).toContainText('Viewer')
  await rows(page).first().click()
  await expect(pane(page)).toContainText(type)
  await expect(replay).toHaveCount(0)
})

test('a session that the provider ended leads to the sign-in page and back', async ({ page, context, provider }) => {
  Object.assign(provider.lifetimes, { accessToken: 1, refreshToken: 1 })
  await beginAs(page, 'viewer', '/events?window=all&severity=critical')
  await expect(page).toHaveURL('/sign-in?next=%2Fevents%3Fwindow%3Dall%26severity%3Dcritical')
  expect((await context.cookies()).filter(({ name }) => name.startsWith('aetherlink_session'))).toEqual([])
  Object.assign(provider.lifetimes, LONG)
  // The user is still signed in at the provider.
  await account(page).click()
  await expect(page).toHaveURL('/events?window=all&severity=critical')
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
})

test('an unavailable provider is reported, and sessions stay signed in', async ({ page, provider }) => {
  Object.assign(provider.lifetimes, { accessToken: 1 })
  await visitAs(page, 'viewer', '/events?window=all')
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
  await provider.away()
  try {
    // The open page would load itself again when its token expires, which would cancel the navigation of the test.
    await page.goto('about:blank')
    const expired = Date.now() + 1_000
    await expect.poll(() => Date.now()).toBeGreaterThan(expired)
    await page.goto('/events?window=all')
    const notice = page.getByRole('alert').filter({ hasText: 'The identity provider does not answer' })
    await expect(notice).toContainText('You stay signed in')
  } finally {
    await provider.back()
  }
  Object.assign(provider.lifetimes, LONG)
  await expect(page.getByTestId('viewer')).toContainText('Vera Viewer')
  await expect(page).toHaveURL('/events?window=all')
})

test('signing out also ends the session at the provider', async ({ page, context, provider }) => {
  const handedBack = () => provider.asked.get('/token/revocation') ?? 0
  const before = handedBack()
  await visitAs(page, 'viewer', '/deliveries')
  await signOut(page)
  expect(handedBack()).toBe(before + 1)
  expect((await context.cookies()).filter(({ name }) => name.startsWith('aetherlink_session'))).toEqual([])
  await account(page).click()
  await expect(page.getByRole('button', { name: 'viewer', exact: true })).toBeVisible()
})

test('a user without a role sees the reason and may sign in with another account', async ({ page }) => {
  await beginAs(page, 'nobody', '/events')
  await expect(page.getByRole('alert').filter({ hasText: 'has no role here' })).toBeVisible()
  // Without a prompt, the provider would sign in the same account again.
  await account(page).click()
  await expect(page.getByRole('button', { name: 'acme', exact: true })).toBeVisible()
})

test('a sign-in that another browser started is refused', async ({ page }) => {
  await page.goto('/auth/callback?code=stolen&state=somebody-elses')
  await expect(page).toHaveURL('/sign-in?problem=stale')
  await expect(page.getByRole('alert').filter({ hasText: 'started in another browser' })).toBeVisible()
})

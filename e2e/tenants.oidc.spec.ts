import { expect, type Page } from '@playwright/test'
import { userOf } from '../api/test/oidc/provider.ts'
import { beginAs, signOut, test, visitAs } from './oidc.ts'
import { addFilter, isReady, liveState, publish, rows, unique } from './support.ts'

const tenant = (page: Page) => page.getByRole('combobox', { name: 'Tenant' })
const chosen = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name })

async function switchTo(page: Page, name: string): Promise<void> {
  await isReady(page)
  await tenant(page).selectOption(name)
}

test('an account of several tenants chooses one, switches, and later returns to the last one', async ({
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
  await expect(tenant(page)).toHaveValue('tenant-1')
  await expect(rows(page)).toHaveCount(1)
  const kept = (await context.cookies()).find(({ name }) => name === 'aetherlink_tenant')
  expect(kept).toMatchObject({ httpOnly: true, sameSite: 'Lax', value: expect.stringContaining('tenant-1') })

  // The page that is open afterwards belongs to the other tenant.
  await isReady(page)
  await rows(page).first().click()
  await expect(page).toHaveURL(/open=/)
  await page.route(
    '**/session/tenant',
    async (route) => {
      const response = await route.fetch()
      // The page's own requests are refused from now on, because they name the previous tenant. The page must not
      // load itself again for that: it would keep the row open.
      const refused = page.waitForResponse((answer) => answer.url().endsWith('/graphql'))
      await page.getByRole('button', { name: 'Refresh' }).click()
      await refused
      await route.fulfill({ response })
    },
    { times: 1 },
  )
  await switchTo(page, 'tenant-2')
  await expect(page).toHaveURL(path)
  await expect(tenant(page)).toHaveValue('tenant-2')
  await expect(rows(page)).toHaveCount(2)

  // The pages opened after that belong to the new tenant too.
  await expect(liveState(page)).toHaveText(/Live$/)
  await publish(type)
  await publish(type, 1, { tenantId: 'tenant-2' })
  await expect(rows(page)).toHaveCount(3)

  await signOut(page)
  await beginAs(page, 'several', path)
  await expect(page).toHaveURL(path)
  await expect(tenant(page)).toHaveValue('tenant-2')
  await expect(rows(page)).toHaveCount(3)

  // The choice is stored per account. Another account in the same browser does not inherit it.
  await signOut(page)
  await visitAs(page, 'operator', path)
  await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
  await expect(rows(page)).toHaveCount(5)
})

test('an account of several tenants acts only in the tenant that the page shows', async ({ page, context }) => {
  const type = `e2e.oidc.${unique()}`
  const path = `/events?window=all&type=${type}`
  await publish(type)
  await beginAs(page, 'several', path)
  await chosen(page, 'tenant-1').click()
  await expect(rows(page)).toHaveCount(1)
  const other = await context.newPage()
  await other.goto(path)
  await switchTo(other, 'tenant-2')
  await expect(tenant(other)).toHaveValue('tenant-2')
  await expect(tenant(page)).toHaveValue('tenant-1')
  await isReady(page)
  await addFilter(page, 'severity:critical')
  await expect(tenant(page)).toHaveValue('tenant-2')
  await expect(page).toHaveURL(`${path}&severity=critical`)
})

test('the tenant of an account cannot be chosen by naming it or by another site', async ({ page, baseURL }) => {
  await beginAs(page, 'several', '/events')
  await chosen(page, 'tenant-1').click()
  await expect(tenant(page)).toHaveValue('tenant-1')
  const put = (tenantId: string, origin: string) =>
    page.request.put('/session/tenant', { headers: { origin }, data: { tenantId } })
  expect((await put('tenant-2', 'https://evil.example')).status()).toBe(403)
  expect((await put('a\r\nx: y', String(baseURL))).status()).toBe(400)
  await page.reload()
  await expect(tenant(page)).toHaveValue('tenant-1')
  expect((await put('tenant-acme', String(baseURL))).status()).toBe(204)
  await page.reload()
  await expect(page).toHaveURL('/choose-tenant?next=%2Fevents')
  await expect(chosen(page, 'tenant-acme')).toHaveCount(0)
})

test('an account that lost its current tenant chooses again', async ({ page, provider }) => {
  const before = provider.users.get('several')
  Object.assign(provider.lifetimes, { accessToken: 4 })
  try {
    await beginAs(page, 'several', '/events?window=all')
    await chosen(page, 'tenant-2').click()
    await expect(tenant(page)).toHaveValue('tenant-2')
    provider.users.set('several', userOf('Sam Several', ['operator'], ['tenant-1', 'tenant-acme']))
    // The live page finds out when it gets its next token.
    await expect(page).toHaveURL('/choose-tenant?next=%2Fevents%3Fwindow%3Dall')
    await expect(chosen(page, 'tenant-2')).toHaveCount(0)
    await chosen(page, 'tenant-acme').click()
    await expect(page).toHaveURL('/events?window=all')
    await expect(tenant(page)).toHaveValue('tenant-acme')

    provider.users.set('several', userOf('Sam Several', ['operator']))
    await expect(page.getByTestId('viewer')).toContainText('Operator · all tenants')
  } finally {
    if (before) provider.users.set('several', before)
  }
})

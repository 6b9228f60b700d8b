import { expect, test } from '@playwright/test'
import {
  createDeadLetter,
  filterField,
  isReady,
  liveState,
  openAccount,
  pane,
  type Role,
  rows,
  signInAs,
  unique,
  visit,
  visitAs,
} from './support.ts'

const WORK = ['Now', 'Deliveries', 'Events', 'Webhooks', 'Alerts', 'Services', 'Operations'] as const

const PAGES: Record<Role, readonly string[]> = {
  Viewer: [...WORK, 'Event types', 'Leads'],
  Agent: [...WORK, 'Event types', 'Leads'],
  Operator: [...WORK, 'Event types', 'Leads', 'AI', 'Retention'],
  Admin: [...WORK, 'Event types', 'Leads', 'AI', 'Retention', 'Audit', 'Tenants and keys'],
}

for (const [role, pages] of Object.entries(PAGES) as [Role, readonly string[]][])
  test(`the navigation offers the role ${role} only pages that it may use`, async ({ page }) => {
    await visitAs(page, role, '/now')
    await expect(page.getByTestId('viewer')).toContainText(role)
    const names = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
    await expect(names).toHaveText(pages.map((name) => new RegExp(`^${name}\\d*\\+?$`)))
  })

test('a page that the role may not use names the required role', async ({ page }) => {
  await visitAs(page, 'Operator', '/audit')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('The audit trail requires the role ADMIN.')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('Ask an administrator')
})

test('the pages are reached with keys, and the help sheet lists the keys', async ({ page }) => {
  await visitAs(page, 'Admin', '/now')
  await expect(page.getByTestId('verdict')).toBeVisible()
  for (const [letter, path] of Object.entries({ d: 'deliveries', e: 'events', w: 'webhooks', n: 'now' })) {
    await page.keyboard.press('g')
    await page.keyboard.press(letter)
    await expect(page).toHaveURL(new RegExp(`/${path}(\\?|$)`))
  }
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(help).toContainText('Unrecovered deliveries')
  // When single-letter shortcuts are off, single letters do nothing. Named keys and Ctrl K still work.
  await help.getByRole('switch', { name: /^Single letters/ }).click()
  await page.keyboard.press('Escape')
  await expect(help).toHaveCount(0)
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog').getByPlaceholder('Page, action, or any id')).toBeFocused()
  await expect(page).toHaveURL(/\/now/)
  await page.reload()
  await isReady(page)
  await expect(page.getByTestId('verdict')).toBeVisible()
  await page.keyboard.press('?')
  await expect(help).toHaveCount(0)
})

test('the palette opens pages, runs actions and finds ids', async ({ page }) => {
  const { type } = await createDeadLetter('palette')
  await visitAs(page, 'Viewer', `/deliveries?window=all&q=/${type}`)
  const id = await rows(page).getAttribute('data-id')
  await visit(page, '/now')
  await expect(page.getByTestId('verdict')).toBeVisible()
  await page.keyboard.press('Control+k')
  const field = page.getByPlaceholder('Page, action, or any id')
  await field.fill('dark')
  await page.getByRole('button', { name: 'Dark colours' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.keyboard.press('Control+k')
  await field.fill(id ?? '')
  await page.getByRole('button', { name: `Open ${id}` }).click()
  await expect(pane(page)).toContainText('Given up after one attempt')
})

test('times are shown in UTC or in the zone of the browser, also after a reload', async ({ page }) => {
  await visitAs(page, 'Viewer', '/events?window=all')
  await expect(rows(page).first()).toBeVisible()
  // New rows arrive above this one.
  const row = page.locator(`[data-id="${await rows(page).first().getAttribute('data-id')}"]`)
  const clock = row.locator('time [data-clock]')
  await expect(clock).toBeVisible()
  await openAccount(page)
  await page.getByRole('menuitemradio', { name: 'UTC' }).last().click()
  const iso = (await row.locator('time').getAttribute('datetime')) ?? ''
  await expect(clock).toContainText(iso.slice(11, 19))
  await page.reload()
  await isReady(page)
  await expect(clock).toContainText(iso.slice(11, 19))
})

test('rows are opened and browsed with the keyboard alone', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=all')
  await expect(rows(page).nth(3)).toBeVisible()
  const ids = await rows(page).evaluateAll((all) => all.slice(0, 3).map((row) => row.getAttribute('data-id')))
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`open=${ids[0]}`))
  await page.keyboard.press('j')
  await page.keyboard.press('ArrowDown')
  await expect(page).toHaveURL(new RegExp(`open=${ids[2]}`))
  await page.keyboard.press('k')
  await expect(page).toHaveURL(new RegExp(`open=${ids[1]}`))
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/open=/)
  await page.keyboard.press('/')
  await expect(filterField(page)).toBeFocused()
  await page.keyboard.type('status:held')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/status=held/)
  await page.keyboard.press('Backspace')
  await expect(page).not.toHaveURL(/status=held/)
})

test('signing in with the keyboard alone leads to the requested page', async ({ page }) => {
  await page.goto('/webhooks')
  await expect(page.getByRole('radio', { name: 'Operator' })).toBeEnabled()
  await page.getByLabel('Your name').focus()
  await page.keyboard.type(unique())
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL('/webhooks')
  await expect(rows(page).first()).toBeVisible()
})

test('a notification covers no row', async ({ page }) => {
  const { type } = await createDeadLetter('strip')
  await visitAs(page, 'Operator', `/deliveries?window=all&q=/${type}`)
  await rows(page).click()
  await pane(page).getByRole('button', { name: 'Replay' }).click()
  const strip = page.locator('[data-toast]').first()
  await expect(strip).toBeVisible()
  const [main, shown] = [await page.locator('main').boundingBox(), await strip.boundingBox()]
  expect((main?.y ?? 0) + (main?.height ?? 0)).toBeLessThanOrEqual((shown?.y ?? 0) + 1)
})

test('a session of a tenant shows its tenant and offers no other', async ({ page }) => {
  await signInAs(page, 'Viewer', '/deliveries?window=all', 'tenant-1')
  await expect(page.getByTestId('viewer')).toContainText('Viewer · tenant-1')
  await expect(page.getByRole('combobox', { name: 'Tenant' })).toHaveCount(0)
  await expect(page.getByRole('banner')).toContainText('tenant-1')
  await expect(liveState(page)).toHaveText(/Live/)
})

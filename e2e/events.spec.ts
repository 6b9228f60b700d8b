import { expect, test } from '@playwright/test'
import { choose, publish, rows, unique, visitAs } from './support.ts'

test('events are narrowed by severity and type, and one shows what it carries and who received it', async ({
  page,
}) => {
  const type = `e2e.filter.${unique()}`
  await publish(type, 2, { severity: 'INFO' })
  await publish(type, 1, { severity: 'CRITICAL', payload: { note: '<b>not markup</b>' } })
  await visitAs(page, 'Viewer', '/events')
  await page.getByRole('combobox', { name: 'Event type' }).fill(type.replace(/[^.]+$/, '*'))
  await page.getByLabel('Search events').fill(type)
  await expect(rows(page)).toHaveCount(3)
  await choose(page, 'Severity', 'Critical')
  await expect(page).toHaveURL(/severity=critical/)
  await expect(rows(page)).toHaveCount(1)

  // By keyboard: the row's one stop opens it, Escape closes it and gives the focus back.
  const opener = page.getByRole('button', { name: new RegExp(`Details: ${type}`) })
  await opener.focus()
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByLabel('Payload', { exact: true })).toContainText('<b>not markup</b>')
  await expect(drawer.getByText('Who received it')).toBeVisible()
  await expect(drawer.getByText('Not subscribed').first()).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(opener).toBeFocused()
})

test('more rows are loaded on demand', async ({ page }) => {
  const type = `e2e.paging.${unique()}`
  await publish(type, 60)
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await expect(rows(page)).toHaveCount(50)
  await page.getByRole('button', { name: 'Load more' }).click()
  await expect(rows(page)).toHaveCount(60)
  await expect(page.getByText('That is all 60.')).toBeVisible()
  const ids = await rows(page).evaluateAll((found) => found.map((row) => row.getAttribute('data-id')))
  expect(new Set(ids).size).toBe(60)
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(rows(page)).toHaveCount(60)
})

for (const path of ['/deliveries?window=all', '/events?window=all'])
  test(`${path} fits a phone`, async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    await visitAs(page, 'Operator', path)
    await expect(rows(page).first()).toBeVisible()
    const body = await page.locator('body').boundingBox()
    expect(body?.width).toBe(390)
    const tooWide = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
    expect(tooWide).toBe(0)
    await page.getByRole('button', { name: 'Menu' }).click()
    await expect(page.getByRole('dialog').getByRole('button', { name: 'Sign out' })).toBeVisible()
  })

import { expect, type Page, test } from '@playwright/test'
import { createDeadLetter, moveReceiver, publish, rows, visitAs } from './support.ts'

test('the landing page of a fresh demo names the receivers that are down and counts unrecovered deliveries, without a click', async ({
  page,
}) => {
  await visitAs(page, 'Operator', '/')
  await expect(page).toHaveURL(/\/now$/)
  const verdict = page.getByTestId('verdict')
  await expect(verdict).toContainText(/\d+ receivers? down since/)
  await expect(verdict).toContainText(/[\d,]+ unrecovered/)
  await expect(page.getByText(/^Down: .*Demo: down/)).toBeVisible()
  await expect(page.getByRole('list', { name: 'Causes of failures' }).getByRole('listitem').first()).toBeVisible()
  const health = page.getByRole('region', { name: 'Webhook health' })
  await expect(health.getByRole('listitem').first()).toContainText('Down')
  const events = page.getByRole('list', { name: 'Events by severity' })
  for (const severity of ['Info', 'Warning', 'Error', 'Critical']) await expect(events).toContainText(severity)
})

test('states ignore the time window, and each figure links to its rows', async ({ page }) => {
  await createDeadLetter('figures')
  await visitAs(page, 'Viewer', '/now?window=15m')
  const figure = page.getByRole('region', { name: 'Deliveries now' }).getByRole('link', { name: /^Unrecovered/ })
  const count = async () => Number((await figure.innerText()).replace(/\D/g, ''))
  await expect.poll(count).toBeGreaterThan(0)
  const before = await count()
  await page.getByRole('radiogroup', { name: 'Time window' }).getByText('All', { exact: true }).click()
  await expect(page).toHaveURL(/window=all/)
  expect(await count()).toBe(before)
  await figure.click()
  await expect(page).toHaveURL(/\/deliveries\?.*status=dead/)
  await expect(rows(page).first()).toContainText('Dead letter')
})

test('a later visit shows what changed since the last one, with a link to each figure', async ({ page }) => {
  await visitAs(page, 'Operator', '/now')
  await expect(page.getByText('This is your first visit.')).toBeVisible()
  await createDeadLetter('last-visit')
  await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith('aetherlink:looks:'))!
    const visits = JSON.parse(localStorage.getItem(key)!)
    localStorage.setItem(key, JSON.stringify({ ...visits, seen: visits.seen - 3_600_000 }))
  })
  await page.reload()
  const since = page.getByText('Since your last visit at')
  await expect(since).toBeVisible()
  await since.getByRole('link', { name: /^[\d,]+ died$/ }).click()
  await expect(page).toHaveURL(/\/deliveries\?.*status=dead/)
})

test('a cause leads to its dead letters', async ({ page }) => {
  const { type, webhook } = await createDeadLetter('cause')
  await visitAs(page, 'Operator', '/now')
  await page.getByRole('link', { name: 'All causes' }).click()
  const cause = page
    .getByRole('list', { name: 'Causes of failures' })
    .getByRole('listitem')
    .filter({ hasText: webhook.name })
  await expect(cause).toContainText('1 unrecovered')
  await cause.getByRole('link', { name: 'Open' }).click()
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText(type)
  await expect(page.getByRole('button', { name: /^Remove filter Webhook:/ })).toBeVisible()
})

/**
 * Number of requests that the receiver accepts after the failure. It is large enough for the receiver to count as up.
 */
const TAKEN = 40

const suggestion = (page: Page, webhook: string) =>
  page.getByRole('region', { name: 'Suggestions' }).getByRole('listitem').filter({ hasText: webhook })

test('dead letters of a receiver that is back are replayed from the landing page with two clicks', async ({ page }) => {
  const { type, webhook } = await createDeadLetter('suggest')
  await moveReceiver(webhook.id, `/${type}/new`)
  await publish(type, TAKEN)
  await visitAs(page, 'Viewer', '/now')
  const row = suggestion(page, webhook.name)
  await expect(row).toContainText(/1 dead letter of .* since .*; it has been healthy for \d+ (s|min); replay\./)
  await expect(row.getByRole('button')).toHaveCount(0)
  await expect(page.getByText('Replaying them requires the role OPERATOR.')).toBeVisible()

  await visitAs(page, 'Operator', '/now')
  await row.getByRole('button', { name: 'Replay 1…' }).click()
  const plan = page.getByRole('dialog', { name: 'Bulk replay' })
  await expect(plan.getByRole('row', { name: new RegExp(webhook.name) })).toContainText('up')
  await plan.getByRole('button', { name: 'Replay 1', exact: true }).click()
  const progress = page.locator('[data-job]').first()
  await expect(progress).toContainText('1/1 · 1 arrived')
  await expect(progress).toContainText('Bulk replay completed')
  await expect(row).toHaveCount(0)
})

test('dead letters of a receiver that is down show why a replay is useless, and link to their list', async ({
  page,
}) => {
  const { type, webhook } = await createDeadLetter('useless')
  await visitAs(page, 'Operator', '/now')
  const more = page.getByRole('region', { name: 'Suggestions' }).getByText(/^\d+ more$/)
  if (await more.isVisible()) await more.click()
  const row = suggestion(page, webhook.name)
  await expect(row).toContainText('; a replay of it would fail again.')
  await expect(row).toContainText('The receiver was failing (503).')
  await expect(row.getByRole('button')).toHaveCount(0)
  await row.getByRole('link', { name: 'Show 1' }).click()
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText(type)
})

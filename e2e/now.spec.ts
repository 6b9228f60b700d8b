import { expect, test } from '@playwright/test'
import { createDeadLetter, rows, visitAs } from './support.ts'

test('the landing page of a fresh demo names the receivers that are down and counts the unrecovered, without a click', async ({
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

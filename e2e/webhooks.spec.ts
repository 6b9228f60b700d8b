import { expect, test } from '@playwright/test'
import {
  behave,
  countDead,
  createReceiver,
  pane,
  publish,
  receiverUrl,
  rows,
  toast,
  unique,
  visit,
  visitAs,
} from './support.ts'

test('a webhook is created with a live check, tested, changed with a diff, paused, rotated and deleted', async ({
  page,
}) => {
  const type = `e2e.hook.${unique()}`
  const name = `Hook of ${type}`
  await publish(type)
  await visitAs(page, 'Operator', '/webhooks')
  await page.getByRole('link', { name: 'New webhook' }).click()
  const form = page.getByRole('form', { name: 'New webhook' })
  await form.getByRole('button', { name: 'Create the webhook' }).click()
  await expect(form.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await form.getByLabel('Name', { exact: true }).fill(name)
  await form.getByLabel('URL').fill('http://169.254.169.254/latest')
  await expect(form.getByText(/^✕ .*169\.254\.169\.254/)).toBeVisible()
  await form.getByLabel('URL').fill(`${receiverUrl()}/${type}`)
  await expect(form.getByText('● Allowed.')).toBeVisible()
  await form.getByLabel('Tenant').selectOption('tenant-1')
  await form.getByLabel('Event types').fill(type)
  await expect(form.getByText(`● 1 events of the last 24 h: ${type} 1`)).toBeVisible()
  await form.getByLabel('Retries').fill('soon')
  await form.getByRole('button', { name: 'Create the webhook' }).click()
  await expect(form.getByText(/“soon” is not a duration/)).toBeVisible()
  await form.getByLabel('Retries').fill('5 s, 1 min')
  await expect(form.getByText('3 attempts within 1 min, then a dead letter.')).toBeVisible()
  await form.getByRole('button', { name: 'Create the webhook' }).click()
  const secret = page.getByTestId('secret')
  await expect(secret).toHaveText(/^whsec_/)
  const first = await secret.innerText()

  await page.getByRole('button', { name: 'Send a test' }).click()
  await page.getByRole('tabpanel').getByRole('button', { name: 'Send a test' }).click()
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Answered 200')

  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByLabel('Retries').fill('5 s')
  await page.getByRole('button', { name: 'Save…' }).click()
  const changes = page.getByRole('dialog', { name: 'Save these changes?' })
  await expect(changes.getByRole('row').last()).toContainText('retrySchedule')
  await expect(changes.getByRole('row')).toHaveCount(2)
  await changes.getByRole('button', { name: 'Save' }).click()
  await expect(toast(page, 'Saved.')).toBeVisible()

  await page.getByRole('tab', { name: 'Secret' }).click()
  await page.getByRole('button', { name: 'Rotate the secret…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate the secret' }).click()
  await expect(secret).toHaveText(/^whsec_/)
  expect(await secret.innerText()).not.toBe(first)
  await expect(page.getByTestId('rotation')).toContainText(/signs too for another \d+ (h|d)/)

  await page.getByRole('button', { name: 'Pause…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause the webhook' }).click()
  await expect(page.locator('main')).toContainText('Paused')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByRole('button', { name: 'Pause…' })).toBeVisible()

  await page.getByRole('tab', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Delete the webhook…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the webhook' }).click()
  await expect(page).toHaveURL(/\/webhooks(\?|$)/)
  await expect(rows(page).filter({ hasText: name })).toHaveCount(0)
})

test('a receiver that is down is listed first, with its circuit, and is probed on demand', async ({ page }) => {
  await visitAs(page, 'Operator', '/webhooks')
  await expect(rows(page).first()).toContainText('Down')
  await rows(page).filter({ hasText: 'Demo: down' }).click()
  await expect(page.locator('main')).toContainText(/Circuit open, probe (in \d+|due)|Probing now/)
  await page.getByRole('button', { name: 'Probe now' }).click()
  await expect(toast(page, 'The receiver still fails.')).toBeVisible()
  await behave('/down', 'ok')
  try {
    await page.getByRole('button', { name: 'Probe now' }).click()
    await expect(toast(page, 'The receiver answered.')).toBeVisible()
    await page.getByRole('tab', { name: 'Deliveries' }).click()
    await expect(rows(page).first()).toContainText('Arrived')
  } finally {
    await behave('/down', 'down')
  }
})

test('a viewer sees the health of a webhook and no actions', async ({ page }) => {
  await visitAs(page, 'Viewer', '/webhooks')
  await expect(page.getByRole('link', { name: 'New webhook' })).toHaveCount(0)
  await rows(page).filter({ hasText: 'On-call (Slack)' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('On-call (Slack)')
  await expect(page.getByRole('tab')).toHaveText(['Overview', 'Deliveries'])
  // The URL of a chat service is a secret, so only its beginning is shown.
  await expect(page.getByRole('tabpanel')).toContainText('/…')
  await visit(page, '/webhooks/new')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('requires the role OPERATOR')
  await expect(pane(page)).toHaveCount(0)
})

test('the errors of a webhook are shown by kind over time, and the worst webhooks above the list', async ({ page }) => {
  // More failures than any other webhook of these tests has, so that this webhook is among the first.
  const FAILED = 90
  const type = `e2e.errors.${unique()}`
  await behave(`/${type}`, 'down')
  const { id, name } = await createReceiver(type, `/${type}`)
  await publish(type, FAILED)
  await expect.poll(() => countDead(type)).toBe(FAILED)
  await visitAs(page, 'Viewer', `/webhooks/${id}`)
  const errors = page.getByRole('region', { name: 'Errors over time' })
  await expect(errors.getByRole('listitem')).toHaveText(new RegExp(`^HTTP 503${FAILED} attempts`))
  await expect(errors.getByRole('slider')).toHaveAttribute('aria-valuetext', `${FAILED} Receiver failed (5xx) in all`)
  await page.setViewportSize({ width: 390, height: 800 })
  expect(await errors.evaluate((section) => section.getBoundingClientRect().right)).toBeLessThanOrEqual(390)
  await errors.getByRole('link', { name: 'HTTP 503' }).click()
  await expect(rows(page)).toHaveCount(50)

  await visit(page, '/webhooks?window=15m')
  const top = page.getByRole('region', { name: 'Top failing endpoints' })
  await expect(top.getByRole('listitem').filter({ hasText: name })).toContainText(
    `${FAILED} failed0.0 % succeededmostly HTTP 503`,
  )
  await top.getByRole('link', { name }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
})

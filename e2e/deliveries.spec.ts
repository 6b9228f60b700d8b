import { expect, type Page, test } from '@playwright/test'
import {
  addFilter,
  behave,
  createDeadLetter,
  createReceiver,
  filterField,
  pane,
  pauseReceiver,
  publish,
  rows,
  toast,
  unique,
  visit,
  visitAs,
} from './support.ts'

test('a dead letter is replayed from the landing page with three clicks, and its replay is shown as delivered', async ({
  page,
}) => {
  const { type, path } = await createDeadLetter('clicks')
  await visitAs(page, 'Operator', '/now')
  await page.getByRole('link', { name: 'Show the unrecovered' }).click()
  await rows(page).filter({ hasText: type }).click()
  await expect(pane(page)).toContainText('Given up after one attempt: HTTP 503.')
  await behave(path, 'ok')
  await pane(page).getByRole('button', { name: 'Replay' }).click()
  await expect(toast(page, 'Replay arrived.')).toBeVisible()
  await expect(pane(page)).toContainText('Recovered')
  await expect(pane(page)).toContainText('Its replay arrived.')
})

test('a dead letter is replayed from the landing page with four keys', async ({ page }) => {
  const { type, path } = await createDeadLetter('keys')
  await behave(path, 'ok')
  await visitAs(page, 'Operator', '/now')
  await expect(page.getByRole('link', { name: 'Show the unrecovered' })).toBeVisible()
  await page.keyboard.press('u')
  await expect(rows(page).first()).toContainText(type)
  await page.keyboard.press('j')
  await page.keyboard.press('r')
  await expect(toast(page, 'Replay arrived.')).toBeVisible()
})

test('a recovered dead letter is no longer listed as dead and is replayed again only if forced', async ({ page }) => {
  const { type, path } = await createDeadLetter('recovered')
  await behave(path, 'ok')
  await visitAs(page, 'Operator', `/deliveries?window=all&status=dead&q=${path}`)
  await rows(page).click()
  await pane(page).getByRole('button', { name: 'Replay' }).click()
  await expect(toast(page, 'Replay arrived.')).toBeVisible()
  await expect(rows(page)).toHaveCount(0)
  await expect(page.getByText(/^No unrecovered dead letters/)).toBeVisible()
  await addFilter(page, 'is:recovered')
  await expect(page).toHaveURL(/status=recovered/)
  await expect(rows(page).filter({ hasText: type })).toHaveCount(1)
  await pane(page).getByRole('button', { name: 'Replay' }).click()
  const question = page.getByRole('dialog', { name: 'Replay anyway?' })
  await expect(question).toContainText(/recovered/)
  await question.getByRole('button', { name: 'Leave it' }).click()
  await expect(question).toHaveCount(0)
})

test('a second concurrent replay is refused unless forced', async ({ page }) => {
  const { path, webhook } = await createDeadLetter('conflict')
  // The webhook is paused, so that the replay is held and stays in progress.
  await pauseReceiver(webhook.id)
  await visitAs(page, 'Operator', `/deliveries?window=all&status=dead&q=${path}`)
  await rows(page).click()
  const replay = pane(page).getByRole('button', { name: 'Replay' })
  await replay.click()
  await expect(toast(page, 'Replay started.')).toBeVisible()
  await replay.click()
  const question = page.getByRole('dialog', { name: 'Replay anyway?' })
  await expect(question).toContainText('in progress')
  await question.getByRole('button', { name: 'Replay anyway' }).click()
  await expect(question).toHaveCount(0)
  await visit(page, `/deliveries?window=all&status=held&q=${path}`)
  await expect(rows(page)).toHaveCount(2)
  await expect(rows(page).first()).toContainText('Held: paused')
})

test('a held delivery shows its hold reason and is released when the hold ends', async ({ page }) => {
  const type = `e2e.held.${unique()}`
  const webhook = await createReceiver(type, `/${type}`)
  await pauseReceiver(webhook.id)
  await publish(type)
  await visitAs(page, 'Operator', `/deliveries?window=all&status=held&q=/${type}`)
  await rows(page).click()
  await expect(pane(page)).toContainText('Its webhook is paused.')
  await pane(page).getByRole('button', { name: 'Resume webhook…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume the webhook' }).click()
  await expect(pane(page)).toContainText('Arrived at the first attempt')
})

test('a delivery is cancelled with a reason', async ({ page }) => {
  const type = `e2e.cancel.${unique()}`
  const webhook = await createReceiver(type, `/${type}`)
  await pauseReceiver(webhook.id)
  await publish(type)
  await visitAs(page, 'Operator', `/deliveries?window=all&q=/${type}`)
  await rows(page).click()
  await pane(page).getByRole('button', { name: 'Cancel…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel this delivery?' })
  await expect(dialog.getByRole('button', { name: 'Cancel the delivery' })).toBeDisabled()
  await dialog.getByLabel('Reason').fill('no longer wanted')
  await dialog.getByRole('button', { name: 'Cancel the delivery' }).click()
  await expect(pane(page)).toContainText('Cancelled by Dev operator: no longer wanted.')
})

test('the pane shows response, request, payload and the differences from a successful delivery', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const type = `e2e.compare.${unique()}`
  const path = `/${type}`
  await createReceiver(type, path)
  await publish(type, 1, { payload: { order: 1, note: 'fine' } })
  await visitAs(page, 'Operator', `/deliveries?window=all&q=${path}`)
  await expect(rows(page)).toContainText('Arrived')
  await behave(path, 'down')
  await publish(type, 1, { payload: { order: 2, note: 'fine' } })
  await expect(rows(page).filter({ hasText: 'Dead letter' })).toHaveCount(1)
  await rows(page).filter({ hasText: 'Dead letter' }).click()
  await expect(pane(page)).toContainText('Attempt 1: HTTP 503')
  // The key switches to the next tab.
  await page.keyboard.press(']')
  await expect(pane(page).getByRole('group', { name: 'Request headers' })).toContainText('webhook-signature')
  await page.keyboard.press(']')
  await expect(pane(page).getByRole('group', { name: 'Payload' })).toContainText('"order": 2')
  await page.keyboard.press(']')
  const payload = pane(page).getByRole('group', { name: 'Differences of the payload' })
  await expect(payload.getByRole('row')).toHaveCount(2)
  await expect(payload.getByRole('row').last()).toContainText('order')
  await pane(page).getByRole('button', { name: 'Copy as curl' }).click()
  await expect(toast(page, 'Copied as curl.')).toBeVisible()
  const curl = await page.evaluate(() => navigator.clipboard.readText())
  expect(curl).toContain(path)
  expect(curl).toContain('"order":2')
})

test('a viewer sees no actions that change data', async ({ page }) => {
  const { path } = await createDeadLetter('viewer')
  await visitAs(page, 'Viewer', `/deliveries?window=all&status=dead&q=${path}`)
  await rows(page).click()
  await expect(pane(page)).toContainText('Given up after one attempt')
  await expect(pane(page).getByRole('button', { name: /^(Replay|Send now|Cancel)/ })).toHaveCount(0)
  await page.keyboard.press('r')
  await expect(toast(page, 'Replay')).toHaveCount(0)
  await expect(pane(page).getByRole('tab', { name: 'Audit' })).toHaveCount(0)
})

test('an empty list shows its filter and offers to clear it', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=15m&status=cancelled&tenant=tenant-1&q=no-such-thing')
  const nothing = 'No cancelled deliveries for tenant-1 in the last 15 minutes matching “no-such-thing”.'
  await expect(page.getByRole('status').filter({ hasText: nothing })).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(rows(page).first()).toBeVisible()
  await expect(page).toHaveURL(
    ({ searchParams }) =>
      String(searchParams) === 'window=all&tenant=tenant-1' || String(searchParams) === 'tenant=tenant-1&window=all',
  )
})

test('the tenant of the top bar filters the list and stays selected on other pages', async ({ page }) => {
  await visitAs(page, 'Operator', '/deliveries?window=all')
  await page.getByRole('combobox', { name: 'Tenant' }).selectOption('tenant-acme')
  await expect(page).toHaveURL(/tenant=tenant-acme/)
  await expect(rows(page).first()).toBeVisible()
  await expect(rows(page).filter({ hasNotText: 'tenant-acme' })).toHaveCount(0)
  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await expect(page).toHaveURL(/\/events\?.*tenant=tenant-acme/)
  await expect(rows(page).first()).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/\/deliveries\?.*tenant=tenant-acme/)
})

test('two tenants see only their own deliveries', async ({ page }) => {
  const type = `e2e.tenants.${unique()}`
  await createReceiver(type, `/${type}`)
  await publish(type)
  await visitAs(page, 'Operator', `/deliveries?window=all&q=/${type}`, 'tenant-1')
  await expect(rows(page)).toHaveCount(1)
  const id = await rows(page).getAttribute('data-id')
  await visitAs(page, 'Operator', `/deliveries?window=all&q=/${type}`, 'tenant-2')
  await expect(page.getByText(/^No deliveries/)).toBeVisible()
  await visit(page, `/deliveries?window=all&open=${id}`)
  await expect(pane(page)).toContainText('NOT_FOUND')
})

test.describe('finding', () => {
  const found = async (page: Page, text: string, id: string | null) => {
    await filterField(page).fill(text)
    await expect(rows(page)).toHaveCount(1)
    await expect(rows(page)).toHaveAttribute('data-id', id ?? '')
    await filterField(page).fill('')
    await expect(page).not.toHaveURL(/q=/)
  }

  test('text finds webhook name and error, and a pasted id opens its row', async ({ page }) => {
    const { path, webhook } = await createDeadLetter('find')
    await visitAs(page, 'Viewer', `/deliveries?window=all&q=${path}`)
    await expect(rows(page)).toHaveCount(1)
    const id = await rows(page).getAttribute('data-id')
    await found(page, webhook.name, id)
    await visit(page, '/deliveries')
    await filterField(page).fill(id ?? '')
    await filterField(page).press('Enter')
    await expect(pane(page)).toContainText('Given up after one attempt')
    await expect(page).toHaveURL(new RegExp(`open=${id}`))
  })
})

test('filters are chips, views are one click away, and both are in the URL', async ({ page }) => {
  await createDeadLetter('chips')
  await visitAs(page, 'Viewer', '/deliveries?window=all')
  await addFilter(page, 'status:dead letter')
  await addFilter(page, 'error:http_5xx')
  await expect(page).toHaveURL(/status=dead/)
  await expect(page).toHaveURL(/error=http_5xx/)
  await expect(rows(page).filter({ hasNotText: 'Dead letter' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Remove filter Error: Receiver failed (5xx)' }).click()
  await expect(page).not.toHaveURL(/error=/)
  await expect(page.getByRole('button', { name: 'Unrecovered', exact: true })).toHaveAttribute('aria-pressed', 'true')
  await page.getByRole('button', { name: 'Waiting on circuits' }).click()
  await expect(page).toHaveURL(/status=held/)
  await page.goBack()
  await expect(page).toHaveURL(/status=dead/)

  await addFilter(page, 'type:order.*')
  await page.getByRole('button', { name: 'Save or delete views' }).click()
  await page.getByRole('menuitem', { name: 'Save this view…' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Dead orders')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await visit(page, '/deliveries')
  await page.getByRole('button', { name: 'Dead orders' }).click()
  await expect(page).toHaveURL(/type=order\.\*/)
})

test('a range is selected in the histogram with the mouse and with the keyboard', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=24h')
  const chart = page.getByRole('slider', { name: /^Deliveries over time/ })
  await expect(rows(page).first()).toBeVisible()
  await expect.poll(() => chart.boundingBox()).not.toBeNull()
  const box = (await chart.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.9, box.y + 20)
  await page.mouse.up()
  await expect(page).toHaveURL(/since=.*until=|until=.*since=/)
  await page.getByRole('button', { name: 'Clear the range' }).click()
  await expect(page).not.toHaveURL(/since=/)
  await chart.focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Shift+ArrowLeft')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/since=/)
})

test('rows are selected with keys, and a new filter clears the selection with a notice', async ({ page }) => {
  await visitAs(page, 'Operator', '/deliveries?window=all')
  await expect(rows(page).nth(4)).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('j')
  await page.keyboard.press('Shift+X')
  const bar = page.getByRole('region', { name: 'Selected rows' })
  await expect(bar).toContainText('4 selected')
  await page.keyboard.press('*')
  await expect(bar).toContainText('50 selected')
  await page.keyboard.press('2')
  await expect(bar).toHaveCount(0)
  await expect(toast(page, 'Selection cleared.')).toBeVisible()
})

test('failures are grouped by cause', async ({ page }) => {
  const { webhook } = await createDeadLetter('grouped')
  await visitAs(page, 'Viewer', '/deliveries')
  await page.getByRole('button', { name: 'Group by cause' }).click()
  await expect(page).toHaveURL(/group=true/)
  await expect(page.getByRole('list', { name: 'Causes of failures' })).toContainText(webhook.name)
})

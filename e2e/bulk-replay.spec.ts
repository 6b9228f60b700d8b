import { expect, type Page, test } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import {
  addFilter,
  behave,
  call,
  createReceiver,
  pane,
  publish,
  rows,
  toast,
  unique,
  visit,
  visitAs,
} from './support.ts'

/** More rows than fit on the first page of a list. */
const MANY = 60

const CountDeliveries = graphql(`
  query E2eCountDeliveries($filter: DeliveryFilter!) {
    deliveries(filter: $filter) {
      totalCount
    }
  }
`)

const countOf = async (type: string, filter: { recovered: boolean }) =>
  (await call(CountDeliveries, { filter: { eventTypes: [type], ...filter } })).deliveries.totalCount

/** Creates dead letters of one event type, whose receiver is down. */
async function createDeadLetters(name: string, count: number) {
  const type = `e2e.${name}.${unique()}`
  const path = `/${type}`
  await behave(path, 'down')
  const webhook = await createReceiver(type, path)
  await publish(type, count)
  await expect.poll(() => countOf(type, { recovered: false })).toBe(count)
  return { type, path, webhook }
}

const plan = (page: Page) => page.getByRole('dialog', { name: 'Bulk replay' })
const progress = (page: Page) => page.locator('[data-job]').first()
const listOf = (path: string) => `/deliveries?window=all&status=dead&q=${path}`

/** Selects all deliveries, however likely they are to arrive, and starts the replay. */
async function startAll(page: Page, count: number) {
  await plan(page).getByText(`All: ${count}`).click()
  await plan(page)
    .getByRole('button', { name: new RegExp(`^Replay ${count}`) })
    .click()
}

test('dead letters across pages are replayed with three clicks once their receiver is back', async ({ page }) => {
  const { type, path, webhook } = await createDeadLetters('bulk', MANY)
  await visitAs(page, 'Operator', listOf(path))
  await expect(rows(page)).toHaveCount(50)
  await behave(path, 'ok')
  await page.getByRole('button', { name: `Replay all ${MANY}…` }).click()
  await expect(plan(page).getByRole('row', { name: new RegExp(webhook.name) })).toContainText(String(MANY))
  await startAll(page, MANY)
  await expect(progress(page)).toContainText(`${MANY}/${MANY} · ${MANY} arrived`)
  await expect(progress(page)).toContainText('Bulk replay completed')
  expect(await countOf(type, { recovered: false })).toBe(0)
  expect(await countOf(type, { recovered: true })).toBe(MANY)
  await progress(page).getByRole('button', { name: 'Details' }).click()
  await expect(page).toHaveURL(/\/operations\?/)
  await expect(pane(page, 'Bulk replay')).toContainText('Completed')
})

test('all matching deliveries are selected from the shown rows, and another filter clears the selection', async ({
  page,
}) => {
  const { type, path } = await createDeadLetters('select', MANY)
  await visitAs(page, 'Operator', listOf(path))
  await expect(rows(page)).toHaveCount(50)
  const bar = page.getByRole('region', { name: 'Selected rows' })
  await page.getByRole('checkbox', { name: 'Select all rows' }).check()
  await expect(bar.getByRole('status')).toHaveText('50 selected')
  await bar.getByRole('button', { name: `Select all ${MANY} that match` }).click()
  await expect(bar.getByRole('status')).toHaveText(`All ${MANY} that match are selected`)
  await addFilter(page, `type:${type}`)
  await expect(toast(page, 'Selection cleared.')).toBeVisible()
  await expect(bar).toHaveCount(0)
  // Rows that are selected before the filtered list has replaced the old one are not selected in the new one.
  await expect(() => page.getByRole('checkbox', { name: 'Select all rows' }).check({ timeout: 1_000 })).toPass()
  await bar.getByRole('button', { name: `Select all ${MANY} that match` }).click()
  await behave(path, 'ok')
  await bar.getByRole('button', { name: 'Replay…' }).click()
  await startAll(page, MANY)
  await expect(progress(page)).toContainText(`${MANY} arrived`)
  await expect(bar).toHaveCount(0)
})

test('dead letters are replayed with the keyboard alone', async ({ page }) => {
  const { type, path } = await createDeadLetters('bulk-keys', 3)
  await behave(path, 'ok')
  await visitAs(page, 'Operator', listOf(path))
  await expect(rows(page)).toHaveCount(3)
  await page.keyboard.press('*')
  await page.keyboard.press('Shift+R')
  // After failures alone, no replay is likely to arrive, so the focus is on the choice of the scope.
  await expect(plan(page).getByRole('radio', { name: /^The likely ones: 0/ })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(progress(page)).toContainText('3/3 · 3 arrived')
  expect(await countOf(type, { recovered: false })).toBe(0)
})

test('replays that fail again are listed with a link, and the summary is copied as Markdown', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const { path, type } = await createDeadLetters('bulk-down', 2)
  await visitAs(page, 'Operator', listOf(path))
  await page.getByRole('button', { name: 'Replay all 2…' }).click()
  await plan(page).getByRole('checkbox', { name: 'Canary' }).uncheck()
  await plan(page).getByLabel('Reason').fill('still down')
  await startAll(page, 2)
  await expect(progress(page)).toContainText('2 failed')
  await progress(page).getByRole('button', { name: 'Failures' }).click()
  const failures = pane(page, 'Bulk replay').getByRole('region', { name: 'Failures' }).getByRole('listitem')
  await expect(failures).toHaveCount(2)
  await expect(failures.first()).toContainText('HTTP 503')
  await pane(page, 'Bulk replay').getByRole('button', { name: 'Copy as Markdown' }).click()
  const summary = await page.evaluate(() => navigator.clipboard.readText())
  expect(summary).toContain('**Bulk replay: 0 of 2 arrived**')
  expect(summary).toContain('- Reason: still down')
  await failures.first().getByRole('link').first().click()
  await expect(pane(page)).toContainText(type)
})

test('a running bulk replay is stopped; a viewer watches it without buttons', async ({ page, browser, baseURL }) => {
  const { path } = await createDeadLetters('bulk-stop', 30)
  await behave(path, 'ok')
  await visitAs(page, 'Operator', listOf(path))
  await page.getByRole('button', { name: 'Replay all 30…' }).click()
  await plan(page).getByLabel('Replays per second').fill('1')
  await startAll(page, 30)
  await expect(progress(page)).toContainText('Replaying 30')
  const context = await browser.newContext({ baseURL })
  const viewer = await context.newPage()
  await visitAs(viewer, 'Viewer', '/operations?is=running')
  await rows(viewer).first().click()
  await expect(progress(viewer)).toContainText(/arrived/)
  await expect(progress(viewer).getByRole('button')).toHaveCount(0)
  await progress(page).getByRole('button', { name: 'Stop' }).click()
  await expect(toast(page, /^.*Stopped: \d+ of 30 had been replayed\./)).toBeVisible()
  await expect(pane(viewer, 'Bulk replay')).toContainText('Stopped')
  await visit(viewer, '/deliveries?window=all&status=dead')
  await expect(viewer.getByRole('button', { name: /^Replay all/ })).toHaveCount(0)
  await context.close()
})

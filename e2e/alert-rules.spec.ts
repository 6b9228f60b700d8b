import { expect, type Page } from '@playwright/test'
import { createTenant, deleteWebhook, openAlerts, test } from './alert-support.ts'
import { pane, publish, rows, toast, unique, visit, visitAs } from './support.ts'

test('the log of a rule shows older evaluations page by page', async ({ page, made }) => {
  const type = `e2e.log.${unique()}`
  const rule = await made.createRule(type, { groupBy: ['subject'], threshold: 1 })
  await publish(type, 70)
  await expect.poll(() => openAlerts(rule.id), { timeout: 30_000 }).toBe(70)
  await visitAs(page, 'Viewer', `/alerts/rules?open=${rule.id}`)
  const log = pane(page, 'Alert rule').getByRole('region', { name: 'Why it did or did not notify' })
  const raised = log.getByRole('listitem').filter({ hasText: 'An alert was raised.' })
  await expect(log.getByRole('listitem')).toHaveCount(10)
  await log.getByRole('button', { name: 'Show 40 more' }).click()
  await expect(log.getByRole('listitem')).toHaveCount(50)
  await log.getByRole('button', { name: 'Show older ones' }).click()
  await expect(raised).toHaveCount(70)
  for (const subject of ['item/0', 'item/69'])
    await expect(raised.filter({ hasText: `subject=${subject};` })).toHaveCount(1)
  await expect(log.getByRole('button', { name: 'Show older ones' })).toHaveCount(0)
})

test('a template whose events the tenant does not have is materialised only after a warning', async ({
  page,
  made,
}) => {
  const tenantId = await createTenant()
  await visitAs(page, 'Operator', `/alerts/templates?tenant=${tenantId}`)
  const warning = `A rule of ${tenantId} counts none of them`
  await page.getByRole('button', { name: 'Materialize Service down' }).click()
  const question = page.getByRole('dialog', { name: 'Create a rule without events?' })
  await expect(question).toContainText(warning)
  await page.keyboard.press('Escape')
  await expect(question).toHaveCount(0)
  await visit(page, `/alerts/rules?tenant=${tenantId}`)
  await expect(page.getByRole('main')).toContainText('There is no alert rule yet.')

  await visit(page, `/alerts/templates?tenant=${tenantId}`)
  await rows(page).filter({ hasText: 'Service down' }).click()
  const details = pane(page, 'Alert template')
  await expect(details.getByRole('note')).toContainText(warning)
  await details.getByRole('button', { name: 'Materialize' }).click()
  await question.getByRole('button', { name: 'Create it anyway' }).click()
  await expect(toast(page, 'The rule Service down is on')).toBeVisible()
  await expect(page).toHaveURL(/\/alerts\/rules\?.*open=rul_/)
  made.rules.push(new URL(page.url()).searchParams.get('open') ?? '')
})

test('a rule shows that its webhook was deleted, and the form can leave the webhook out', async ({ page, made }) => {
  const webhook = await made.createWebhook('STANDARD', ['e2e.nothing'])
  const rule = await made.createRule(`e2e.deleted.${unique()}`, { webhookIds: [webhook.id] })
  await deleteWebhook(webhook.id)
  made.webhooks.splice(0)
  await visitAs(page, 'Operator', `/alerts/rules?open=${rule.id}`)
  const details = pane(page, 'Alert rule')
  const deleted = `deleted webhook ${webhook.id}`
  await expect(details).toContainText(deleted)
  await expect(details.getByRole('link', { name: webhook.name })).toHaveCount(0)

  await details.getByRole('link', { name: 'Edit' }).click()
  const form = page.getByRole('form', { name: 'Alert rule' })
  const choice = form.getByRole('checkbox', { name: deleted })
  await expect(choice).toBeChecked()
  await choice.uncheck()
  await expect(form).toContainText('None chosen: every webhook that subscribes')
  await form.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('dialog', { name: 'Save these changes?' }).getByRole('button', { name: 'Save' }).click()
  await expect(details).toContainText('every webhook that subscribes to ops.alert.*')
  await expect(details).not.toContainText(webhook.id)
})

/** The scripts that a page has loaded. */
const scriptsOf = (page: Page) =>
  page.evaluate(() => [...document.scripts].flatMap(({ src }) => (src ? [new URL(src).pathname] : [])))

test('a page whose own scripts arrive after those of the frame shows what the server rendered', async ({ page }) => {
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await visitAs(page, 'Operator', '/retention')
  const shared = new Set(await scriptsOf(page))
  await visit(page, '/alerts/templates')
  const own = (await scriptsOf(page)).filter((path) => !shared.has(path))
  expect(own).not.toEqual([])
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(
    (url) => own.includes(url.pathname),
    async (route) => {
      await released
      await route.continue()
    },
  )
  await page.reload({ waitUntil: 'commit' })
  await expect(rows(page).first()).toBeVisible()
  // React marks the elements that it has hydrated. It hydrates the header just before it has to wait for the page.
  await page.waitForFunction(() =>
    Object.keys(document.querySelector('header') ?? {}).some((key) => key.startsWith('__react')),
  )
  release()
  await page.locator('[data-ready]').waitFor()
  await expect(rows(page).first()).toBeVisible()
  expect(errors).toEqual([])
})

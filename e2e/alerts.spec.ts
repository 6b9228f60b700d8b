import { expect, type Page } from '@playwright/test'
import { createTenant, openAlerts, resumeWebhook, test } from './alert-support.ts'
import { pane, publish, rows, toast, unique, visit, visitAs } from './support.ts'

/** Marks the page. The mark disappears if the page is reloaded. */
const mark = (page: Page) => page.evaluate(() => document.body.setAttribute('data-marked', 'true'))
const isMarked = (page: Page) => expect(page.locator('body[data-marked]')).toHaveCount(1)

/** The row in the list that contains a text. */
const rowOf = (page: Page, text: string) => rows(page).filter({ hasText: text })

test('from a template to a resolved alert: live for two readers, sent to Slack, and acknowledged by keyboard', async ({
  page,
  browser,
  receiver,
  made,
}) => {
  test.slow()
  // The landing page lists the five most severe alerts. Alerts of other tests are in other tenants.
  const tenantId = await createTenant()
  const slack = await made.createWebhook('SLACK', ['ops.alert.*'], tenantId)
  const source = `e2e-${unique()}`

  await visitAs(page, 'Operator', `/alerts/templates?tenant=${tenantId}`)
  await page.getByRole('button', { name: 'Materialize API errors' }).click()
  await expect(toast(page, 'The rule API errors is on')).toBeVisible()
  await expect(page).toHaveURL(/\/alerts\/rules\?.*open=rul_/)
  made.rules.push(new URL(page.url()).searchParams.get('open') ?? '')
  await expect(pane(page, 'Alert rule').getByRole('switch', { name: 'Evaluate API errors' })).toBeChecked()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page).toHaveURL(/\/alerts\?/)
  await mark(page)

  const context = await browser.newContext()
  const viewer = await context.newPage()
  await visitAs(viewer, 'Viewer', `/now?tenant=${tenantId}`)
  await mark(viewer)

  await publish('api.error', 10, { source, tenantId })
  await expect(rowOf(page, source)).toContainText('Firing')
  const firing = viewer.getByRole('region', { name: 'Firing alerts' })
  // If the page misses the signal of a change, it finds the alert at its next poll, within 15 s.
  await expect(firing.getByRole('listitem').filter({ hasText: source })).toBeVisible({ timeout: 30_000 })
  await expect(firing.getByRole('button')).toHaveCount(0)
  await expect(viewer.getByTestId('verdict')).toContainText(/alerts? fires?/)
  await expect(viewer.getByRole('slider', { name: 'Deliveries over time by current status' })).toHaveAttribute(
    'aria-valuetext',
    /alerts raised: \d/,
    { timeout: 30_000 },
  )
  const raised = await receiver.slackMessage('AetherLink Alert Triggered', source)
  expect(raised).toContain('API errors')

  await rowOf(page, source)
    .getByRole('link', { name: /API errors/ })
    .focus()
  await page.keyboard.press('Enter')
  const details = pane(page, 'Alert')
  await expect(details.getByRole('region', { name: 'Why it fired' })).toContainText('10')
  const notifications = details.getByRole('region', { name: 'Notifications' })
  await expect(notifications.getByRole('listitem').filter({ hasText: slack.name })).toContainText('Arrived')
  await expect(details.getByRole('region', { name: 'Events that it counted' }).getByRole('link')).toHaveCount(10)

  await page.keyboard.press('a')
  await expect(toast(page, 'Acknowledged.')).toBeVisible()
  await expect(rowOf(page, source)).toContainText('Acknowledged')
  await expect(firing.getByRole('listitem').filter({ hasText: source })).toHaveCount(0)
  await receiver.slackMessage('AetherLink Alert Acknowledged', source)

  await page.keyboard.press('z')
  const question = page.getByRole('dialog', { name: /^Resolve API errors/ })
  await question.getByRole('textbox', { name: 'Note' }).fill('The deployment is rolled back')
  await page.keyboard.press('Enter')
  await expect(rowOf(page, source)).toContainText('Resolved')
  const timeline = details.getByRole('region', { name: 'Timeline' })
  await expect(timeline.getByRole('listitem')).toHaveCount(3)
  await expect(timeline).toContainText('The deployment is rolled back')
  await receiver.slackMessage('AetherLink Alert Resolved', source, 'The deployment is rolled back')
  await isMarked(page)
  await isMarked(viewer)
  await context.close()

  const link = /<(http[^|>]+\/alerts\/alr_[^|>]+)\|/.exec(raised)?.[1] ?? ''
  await visit(page, new URL(link).pathname)
  await expect(pane(page, 'Alert').getByRole('region', { name: 'Timeline' })).toBeVisible()
})

test('a viewer reads alerts, rules, templates and silences, and sees no actions that change them', async ({
  page,
  made,
}) => {
  const type = `e2e.viewer.${unique()}`
  const rule = await made.createRule(type)
  await publish(type, 2)
  await expect.poll(() => openAlerts(rule.id)).toBe(1)
  await visitAs(page, 'Viewer', '/alerts')
  await expect(rowOf(page, rule.name)).toContainText('Firing')
  await rowOf(page, rule.name).click()
  await expect(pane(page, 'Alert')).toContainText('Why it fired')
  await page.keyboard.press('a')
  for (const name of [/^Acknowledge/, /^Resolve/, /^Silence /])
    await expect(page.getByRole('button', { name })).toHaveCount(0)
  for (const [view, name] of [
    ['Rules', /^(New rule|Evaluate)/],
    ['Templates', /^Materialize/],
    ['Silences', 'New silence'],
  ] as const) {
    await page.getByRole('navigation', { name: 'About alerts' }).getByRole('link', { name: view }).click()
    await expect(
      page.getByRole('navigation', { name: 'About alerts' }).getByRole('link', { name: view }),
    ).toHaveAttribute('aria-current', 'page')
    await expect(page.getByRole('button', { name }).or(page.getByRole('main').getByRole('link', { name }))).toHaveCount(
      0,
    )
    await expect(page.getByRole('switch')).toHaveCount(0)
  }
  await visit(page, '/alerts/rules/new')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('requires the role OPERATOR')
  expect(await openAlerts(rule.id)).toBe(1)
})

test('the form of a rule shows its result over history, and each error at its field', async ({ page, made }) => {
  const type = `e2e.form.${unique()}`
  await publish(type, 3)
  await visitAs(page, 'Operator', '/alerts/rules/new?tenant=tenant-1')
  const form = page.getByRole('form', { name: 'Alert rule' })
  const preview = page.getByRole('region', { name: 'Preview' })
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill(`Form ${type}`)
  await form.getByRole('combobox', { name: 'Event type' }).fill(type)
  await form.getByRole('spinbutton', { name: 'Events' }).fill('5')
  await expect(preview.getByRole('status')).toContainText('no alert would have been raised')
  await form.getByRole('spinbutton', { name: 'Events' }).fill('3')
  await expect(preview.getByRole('status')).toContainText('raised once')
  await expect(preview.getByRole('slider')).toHaveAccessibleName(/against the threshold of 3/)

  await form.getByRole('textbox', { name: 'Within' }).fill('31 d')
  await form.getByRole('textbox', { name: 'For each' }).fill('nonsense')
  await form.getByRole('button', { name: 'Create the rule' }).click()
  await expect(form.getByText('Enter 1 s to 30 d')).toBeVisible()
  await form.getByRole('textbox', { name: 'Within' }).fill('1 h')
  await form.getByRole('button', { name: 'Create the rule' }).click()
  await expect(form.getByText(/"nonsense"/)).toBeVisible()
  await form.getByRole('textbox', { name: 'For each' }).fill('')
  await form.getByRole('spinbutton', { name: 'Events' }).fill('4')
  await form.getByRole('button', { name: 'Create the rule' }).click()
  await expect(page).toHaveURL(/\/alerts\/rules\?.*open=rul_/)
  const id = new URL(page.url()).searchParams.get('open') ?? ''
  made.rules.push(id)

  const details = pane(page, 'Alert rule')
  await expect(details.getByRole('region', { name: 'Last evaluation' })).toContainText('Below threshold', {
    timeout: 40_000,
  })
  const log = details.getByRole('region', { name: 'Why it did or did not notify' })
  await expect(log.getByRole('listitem').first()).toContainText('the threshold is 4')

  await details.getByRole('link', { name: 'Edit' }).click()
  await form.getByRole('spinbutton', { name: 'Events' }).fill('3')
  await form.getByRole('button', { name: 'Save…' }).click()
  const changes = page.getByRole('dialog', { name: 'Save these changes?' })
  await expect(changes.getByRole('row', { name: /threshold/ })).toContainText('4')
  await changes.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => openAlerts(id)).toBe(1)

  await details.getByRole('switch').press('Space')
  await page.getByRole('button', { name: 'Switch off' }).click()
  await expect(details.getByRole('switch')).not.toBeChecked()
  await expect.poll(() => openAlerts(id)).toBe(0)
})

test('a silence from the row holds notifications, counts them, and can be ended', async ({ page, receiver, made }) => {
  const type = `e2e.silence.${unique()}`
  const slack = await made.createWebhook('SLACK', ['e2e.nothing'])
  const rule = await made.createRule(type, { groupBy: ['source'], webhookIds: [slack.id] })
  const source = `e2e-${unique()}`
  await publish(type, 2, { source })
  await receiver.slackMessage('AetherLink Alert Triggered', source)

  await visitAs(page, 'Operator', `/alerts?rule=${rule.id}`)
  const row = rowOf(page, source)
  await row.getByRole('button', { name: /^Silence / }).click()
  await page.getByRole('menuitem', { name: '1 hour' }).click()
  await page
    .getByRole('dialog', { name: /^Silence Rule/ })
    .getByRole('textbox', { name: 'Reason' })
    .fill(`Works ${source}`)
  await page.keyboard.press('Enter')
  await expect(row).toContainText('silenced')
  await row.getByRole('button', { name: /^Resolve / }).click()
  await page
    .getByRole('dialog', { name: /^Resolve Rule/ })
    .getByRole('button', { name: 'Resolve' })
    .click()
  await expect(row).toContainText('Resolved')
  await publish(type, 2, { source })
  await expect(row.filter({ hasText: 'Firing' })).toContainText('silenced')

  await visit(page, '/alerts/silences')
  const silence = rowOf(page, `Works ${source}`)
  await expect(silence).toContainText('Holds')
  await expect(silence).toContainText(`rule ${rule.name}`)
  await expect(silence.getByTitle('Notifications that it has suppressed')).toHaveText(/[1-9]/)
  const raised = receiver.bodies.filter((body) => body.includes('AetherLink Alert Triggered'))
  expect(raised).toHaveLength(1)
  await silence.getByRole('button', { name: /^End / }).click()
  await page.getByRole('button', { name: 'End the silence' }).click()
  await expect(silence).toHaveCount(0)
  await page.getByRole('radiogroup', { name: 'Shown silences' }).getByText('Ended').click()
  await expect(rowOf(page, `Works ${source}`)).toContainText('Ended')
})

test('an alert about a webhook that is healthy again replays exactly the deliveries that died in its outage', async ({
  page,
  receiver,
  made,
}) => {
  test.slow()
  const type = `e2e.outage.${unique()}`
  const webhook = await made.createWebhook('STANDARD', [type])
  await publish(type)
  await expect.poll(() => receiver.bodies.length).toBe(1)
  const rule = await made.createRule('webhook.disabled', { groupBy: ['subject'], threshold: 1 })
  receiver.status = 410
  await publish(type)
  await visitAs(page, 'Operator', `/alerts?rule=${rule.id}`)
  await rowOf(page, webhook.name).click()
  const details = pane(page, 'Alert')
  await expect(details).toContainText('Why it fired')
  const offer = details.getByRole('region', { name: 'Recovery' })
  await expect(offer).toHaveCount(0)

  receiver.status = 200
  await resumeWebhook(webhook.id)
  await publish(type)
  await expect(offer).toContainText(`Replay 1 delivery of ${webhook.name}`, { timeout: 30_000 })
  await offer.getByRole('link').click()
  await expect(page).toHaveURL(/\/deliveries\?.*status=dead/)
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText(type)
  await expect(rows(page)).toContainText('HTTP 410')

  await page.goBack()
  const before = receiver.bodies.length
  await offer.getByRole('button', { name: 'Replay 1', exact: true }).click()
  const progress = page.locator('[data-job]').first()
  await expect(progress).toContainText('1/1 · 1 arrived')
  await expect(progress).toContainText('Bulk replay completed')
  expect(receiver.bodies).toHaveLength(before + 1)
  await expect(offer).toHaveCount(0, { timeout: 30_000 })
})

import { readFile } from 'node:fs/promises'
import { expect, test } from '@playwright/test'
import { addFilter, createDeadLetter, pane, rows, toast, unique, visit, visitAs } from './support.ts'

test('an action is in the audit trail, where it is found, compared, verified and exported', async ({ page }) => {
  const { type, webhook } = await createDeadLetter('audit')
  await visitAs(page, 'Admin', `/audit?window=all&target=${webhook.id}`)
  await expect(rows(page)).toHaveCount(1)
  await rows(page).click()
  await expect(pane(page, 'Audit entry')).toContainText('webhook.create')
  const changed = pane(page, 'Audit entry').getByRole('group', { name: 'What changed' })
  await expect(changed.getByRole('row', { name: /name/ })).toContainText(`Receiver of ${type}`)
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(page.getByText(/\d+ entries, none changed/)).toBeVisible()

  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSV' }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  expect(text.split('\n')[0]).toContain('action')
  expect(text).toContain(webhook.id)
  expect(text.trim().split('\n')).toHaveLength(2)

  await visit(page, '/audit?window=all')
  await addFilter(page, 'outcome:denied')
  await expect(page).toHaveURL(/outcome=denied/)
})

test('the audit of a delivery shows who replayed it', async ({ page }) => {
  const { path } = await createDeadLetter('replayed')
  await visitAs(page, 'Admin', `/deliveries?window=all&status=dead&q=${path}`)
  await rows(page).click()
  await pane(page).getByRole('button', { name: 'Replay' }).click()
  await expect(toast(page, /^(✕|●|◔)?Replay/)).toBeVisible()
  await pane(page).getByRole('tab', { name: 'Audit' }).click()
  await expect(pane(page).getByRole('tabpanel')).toContainText('delivery.replay')
})

test('an API key is created, shown once, and revoked', async ({ page, request }) => {
  const name = `e2e ${unique()}`
  await visitAs(page, 'Admin', '/tenants?tab=keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(dialog.getByText('Enter the purpose of the key')).toBeVisible()
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByLabel('Role').selectOption('AGENT')
  await dialog.getByLabel('Tenant').selectOption('tenant-1')
  await dialog.getByRole('button', { name: 'Create' }).click()
  const key = await page.getByTestId('secret').innerText()
  await dialog.getByRole('button', { name: 'Done' }).click()
  const signIn = () =>
    request.post('/session', { data: { kind: 'key', key }, headers: { 'sec-fetch-site': 'same-origin' } })
  expect((await signIn()).status()).toBe(204)

  await rows(page).filter({ hasText: name }).click()
  await expect(pane(page, 'API key')).toContainText('agent')
  await pane(page, 'API key').getByRole('button', { name: 'Revoke…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click()
  await expect(pane(page, 'API key')).toContainText('Revoked')
  expect((await signIn()).status()).toBe(401)
})

test('a tenant is created and its limit changed; an invalid slug is reported at its field', async ({ page }) => {
  const id = `e2e-${unique()}`
  await visitAs(page, 'Admin', '/tenants')
  await page.getByRole('button', { name: 'New tenant' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Slug').fill('Not A Slug')
  await dialog.getByLabel('Name').fill('Made here')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(dialog.getByLabel('Slug')).toBeFocused()
  await expect(dialog.getByText('Enter at most 63 lower-case letters')).toBeVisible()
  await dialog.getByLabel('Slug').fill('tenant-1')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('Slug').fill(id)
  await dialog.getByRole('button', { name: 'Create' }).click()
  await rows(page).filter({ hasText: id }).click()
  await pane(page, 'Tenant').getByRole('button', { name: 'Change' }).click()
  await dialog.getByLabel('Events per second').fill('25')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(pane(page, 'Tenant')).toContainText('25/s (own)')
})

test('an event type is declared with a schema, and deprecated', async ({ page }) => {
  const name = `e2e.type.${unique()}`
  await visitAs(page, 'Operator', '/event-types')
  await page.getByRole('button', { name: 'Declare a type' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByLabel('Description').fill('Something of the end-to-end tests happened.')
  await dialog.getByLabel('Schema').fill('{"type": ')
  await dialog.getByRole('button', { name: 'Declare' }).click()
  await expect(dialog.getByText(/^Is not JSON/)).toBeVisible()
  await dialog.getByLabel('Schema').fill('{"type":"object","required":["n"]}')
  await dialog.getByRole('button', { name: 'Declare' }).click()
  await expect(toast(page, `${name} is declared.`)).toBeVisible()
  await visit(page, `/event-types?q=${name}`)
  await rows(page).click()
  await expect(pane(page, 'Event type').getByRole('group', { name: 'Schema' })).toContainText('"required"')
  await pane(page, 'Event type').getByRole('button', { name: 'Deprecate…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Deprecate the type' }).click()
  await expect(pane(page, 'Event type')).toContainText('Deprecated')
})

import { expect, test } from '@playwright/test'
import { pane, rows, toast, unique, visit, visitAs } from './support.ts'

/* In the installation under test, the first AI provider is down (playwright.config.ts), and `local` answers. */

test('a lead is extracted from a text, corrected and saved; its activity is summarised although the first provider is down', async ({
  page,
}) => {
  const company = `Example Works ${unique()} Ltd`
  await visitAs(page, 'Agent', '/leads', 'tenant-1')
  await page.getByRole('button', { name: 'Paste text' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await expect(dialog.getByText('Paste a text of 1 to 10,000 characters')).toBeVisible()
  await dialog
    .getByRole('textbox', { name: 'Text' })
    .fill(
      `Hi, this is Ada Example of ${company}, please call +44 20 7946 0312 or write to ada@example.com. We need a demo.`,
    )
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await expect(dialog.getByText('Answered by local.')).toBeVisible()
  await expect(dialog.getByRole('list', { name: 'Providers that did not answer' })).toContainText('claude')
  await expect(dialog.getByLabel('Name')).toHaveValue('Ada Example')
  await expect(dialog.getByLabel('Mail')).toHaveValue('ada@example.com')
  await expect(dialog.getByLabel('Telephone')).toHaveValue('+442079460312')
  await dialog.getByLabel('Name').fill('')
  await dialog.getByRole('button', { name: 'Save the lead' }).click()
  await expect(dialog.getByLabel('Name')).toBeFocused()
  await dialog.getByLabel('Name').fill('Ada Example-Corrected')
  await dialog.getByLabel('Company').fill(company)
  await dialog.getByRole('button', { name: 'Save the lead' }).click()
  await expect(toast(page, 'Ada Example-Corrected is saved.')).toBeVisible()

  const lead = pane(page, 'Lead')
  await expect(lead).toContainText(company)
  await expect(lead).toContainText('We need a demo.')
  await lead
    .getByLabel('Content of the contact')
    .fill('Called Ada. She wants a demo on Friday. The budget is approved. She asked for the price list twice.')
  await lead.getByRole('button', { name: 'Add' }).click()
  const activity = lead.getByRole('region', { name: 'Activities' }).getByRole('listitem').first()
  await expect(activity).toContainText('The budget is approved.')
  await activity.getByRole('button', { name: 'Summarise' }).click()
  await expect(activity).toContainText('Summary by local')
  await expect(activity).toContainText('Answered by local.')
  await expect(activity.getByRole('list', { name: 'Providers that did not answer' })).toContainText('claude')

  await lead.getByRole('button', { name: 'Change' }).click()
  await dialog.getByLabel('Status').selectOption('QUALIFIED')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(lead).toContainText('Qualified')
  await visit(page, `/leads?q=${encodeURIComponent(company)}`)
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText('Qualified')
  await rows(page).click()
  await lead.getByRole('button', { name: 'Delete the lead…' }).click()
  await dialog.getByRole('button', { name: 'Delete the lead' }).click()
  await expect(rows(page)).toHaveCount(0)
})

test('a provider that is down cools down, and a drill marks it red', async ({ page }) => {
  await visitAs(page, 'Operator', '/ai')
  const claude = page.locator('[data-provider="claude"]')
  const local = page.locator('[data-provider="local"]')
  await page.getByRole('button', { name: 'Drill now…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Drill now' }).click()
  await expect(toast(page, /would fail: .*claude/)).toBeVisible({ timeout: 30_000 })
  await expect(claude).toContainText(/Cooling down|Being probed|Waits for a probe/)
  await expect(claude).toContainText('Would fail')
  await expect(claude).toContainText('Cooldown until')
  await expect(claude).toContainText('Last error')
  await expect(local).toContainText('Healthy')
  await expect(local).toContainText('Would answer')
  await expect(page.locator('[data-provider="openai"]')).toContainText('Not configured')
})

test('a viewer reads leads and providers, and can change nothing', async ({ page }) => {
  await visitAs(page, 'Viewer', '/leads')
  await expect(page.getByRole('heading', { level: 1, name: 'Leads' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Paste text' })).toHaveCount(0)
  await visit(page, '/ai')
  await expect(page.locator('[data-provider="local"]')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Drill now…' })).toHaveCount(0)
})

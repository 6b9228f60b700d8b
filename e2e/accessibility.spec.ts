import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { createDeadLetter, isReady, pane, pauseReceiver, rows, visitAs } from './support.ts'

const PAGES = [
  '/now?window=all',
  '/deliveries?window=all',
  '/deliveries?group=true',
  '/events?window=all',
  '/events?tail=true',
  '/webhooks',
  '/webhooks/new',
  '/alerts?window=all',
  '/alerts/rules',
  '/alerts/rules/new',
  '/alerts/templates',
  '/alerts/silences?is=all',
  '/operations',
  '/services',
  '/services?view=graph',
  '/services?view=auto-heal',
  '/leads',
  '/ai',
  '/retention',
  '/retention?view=runs',
  '/retention?view=archives',
  '/event-types',
  '/audit?window=all',
  '/tenants',
  '/tenants?tab=keys',
]

/**
 * The violations that axe finds: of all rules in light colours, and of the only rule that depends on colours in dark
 * colours.
 */
async function violations(page: Page): Promise<string[]> {
  const problems: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
    // Rows are alike, so only the first five of a list are checked: axe needs much time to check the contrast.
    const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).exclude('[data-id]:nth-child(n + 6)')
    if (colorScheme === 'dark') axe.withRules('color-contrast')
    const { violations: broken } = await axe.analyze()
    for (const { id, nodes } of broken)
      for (const { target, failureSummary } of nodes)
        problems.push(`${colorScheme}: ${id} at ${target}: ${failureSummary}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return problems
}

// 320 CSS pixels are the width of a phone, or of 1280 pixels at 400 % zoom. 720 are 1440 pixels at 200 %.
const WIDTHS = [320, 390, 720]
const DESKTOP = { width: 1280, height: 720 }

/** Expects that the page does not scroll sideways at any of these widths. */
async function expectNoSidewaysScroll(page: Page, path: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    const tooWide = () =>
      page.evaluate(() => {
        const main = document.querySelector('main')
        const elements = [document.documentElement, ...(main ? [main] : [])]
        return Math.max(...elements.map((element) => element.scrollWidth - element.clientWidth))
      })
    await expect.poll(tooWide, `${path} at ${width} pixels`).toBe(0)
  }
  await page.setViewportSize(DESKTOP)
}

/** Waits until a page shows its content. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0)
}

test(`on every page axe finds nothing in either theme, and nothing scrolls sideways at ${WIDTHS.join(', ')} pixels`, async ({
  page,
}) => {
  test.setTimeout(360_000)
  await page.goto('/sign-in')
  await expect(page.getByRole('button', { name: /^Sign in as/ })).toBeEnabled()
  expect.soft(await violations(page), '/sign-in').toEqual([])
  await expectNoSidewaysScroll(page, '/sign-in')
  await visitAs(page, 'Admin', '/now')
  for (const path of PAGES) {
    await page.goto(path)
    await isReady(page)
    await settled(page)
    expect.soft(await violations(page), path).toEqual([])
    await expectNoSidewaysScroll(page, path)
  }
})

test('axe finds nothing in panes, dialogs, menus and the palette', async ({ page }) => {
  test.setTimeout(240_000)
  const { path } = await createDeadLetter('axe')
  await visitAs(page, 'Admin', `/deliveries?window=all&q=${path}`)
  await rows(page).click()
  await expect(pane(page)).toContainText('Given up')
  for (const tab of ['Response', 'Request', 'Payload', 'Compare', 'Audit']) {
    await pane(page).getByRole('tab', { name: tab }).click()
    await settled(page)
    expect.soft(await violations(page), tab).toEqual([])
  }
  await page.getByRole('button', { name: /^Account:/ }).click()
  expect.soft(await violations(page), 'menu').toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  expect.soft(await violations(page), 'help').toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await expect(page.getByPlaceholder('Page, action, or any id')).toBeVisible()
  expect.soft(await violations(page), 'palette').toEqual([])
})

test('on a phone the navigation is at the bottom, and details cover the list', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await visitAs(page, 'Admin', '/deliveries?window=all')
  await expect.poll(async () => (await rows(page).first().boundingBox())?.height).toBe(64)
  await rows(page).first().click()
  await expect(pane(page)).toBeVisible()
  // When the details have loaded, they replace their skeleton. The skeleton may be gone when its box is read.
  await expect.poll(async () => (await pane(page).boundingBox())?.width).toBe(390)
  await page.getByRole('button', { name: 'Close details' }).click()
  await page.getByRole('button', { name: 'More pages' }).click()
  await page.getByRole('dialog', { name: 'More pages' }).getByRole('link', { name: 'Audit' }).click()
  await expect(page).toHaveURL(/\/audit/)
})

test('on a phone, a row without details has one line', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const { webhook } = await createDeadLetter('short')
  await visitAs(page, 'Admin', '/webhooks')
  const row = rows(page).filter({ hasText: webhook.name })
  const height = async () => (await row.boundingBox())?.height
  await expect.poll(height).toBe(48)
  await pauseReceiver(webhook.id)
  await page.reload()
  await expect(row.getByText('Paused')).toBeVisible()
  await expect.poll(height).toBe(64)
})

test('targets are at least 24 pixels high and wide', async ({ page }) => {
  await visitAs(page, 'Admin', '/deliveries?window=all')
  await rows(page).first().click()
  await expect(pane(page)).toBeVisible()
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, a[href]')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect()
      const target = element.closest('label')?.getBoundingClientRect() ?? { width, height }
      // Inline links may be smaller: their height is that of their line (exception "Inline" of WCAG 2.5.8).
      const inline = element.tagName === 'A' && getComputedStyle(element).display === 'inline'
      const shown = width > 1 && height > 1
      return shown && !inline && (target.width < 24 || target.height < 24) ? [element.outerHTML.slice(0, 120)] : []
    }),
  )
  expect(small).toEqual([])
})

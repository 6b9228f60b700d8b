import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { createDeadLetter, isReady, pane, rows, startSession, visitAs } from './support.ts'

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

type ColorScheme = 'light' | 'dark'

/** All rules in light colours; in dark colours only the one that depends on them. */
async function violations(page: Page, colorScheme: ColorScheme): Promise<string[]> {
  // Rows are alike: five of a list represent all, because axe needs long for contrast.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).exclude('[data-id]:nth-child(n + 6)')
  if (colorScheme === 'dark') axe.withRules('color-contrast')
  const { violations } = await axe.analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
  )
}

/** Waits until a page shows its content. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0)
}

for (const colorScheme of ['light', 'dark'] as const)
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme })
    test.setTimeout(240_000)

    test('axe finds nothing on any page', async ({ page }) => {
      await page.goto('/sign-in')
      await expect(page.getByRole('button', { name: /^Sign in as/ })).toBeEnabled()
      expect.soft(await violations(page, colorScheme), '/sign-in').toEqual([])
      await visitAs(page, 'Admin', '/now')
      for (const path of PAGES) {
        await page.goto(path)
        await isReady(page)
        await settled(page)
        expect.soft(await violations(page, colorScheme), path).toEqual([])
      }
    })

    test('axe finds nothing in panes, dialogs, menus and the palette', async ({ page }) => {
      const { path } = await createDeadLetter('axe')
      await visitAs(page, 'Admin', `/deliveries?window=all&q=${path}`)
      await rows(page).click()
      await expect(pane(page)).toContainText('Given up')
      for (const tab of ['Response', 'Request', 'Payload', 'Compare', 'Audit']) {
        await pane(page).getByRole('tab', { name: tab }).click()
        await settled(page)
        expect.soft(await violations(page, colorScheme), tab).toEqual([])
      }
      await page.getByRole('button', { name: /^Account:/ }).click()
      expect.soft(await violations(page, colorScheme), 'menu').toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
      expect.soft(await violations(page, colorScheme), 'help').toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await expect(page.getByPlaceholder('Page, action, or any id')).toBeVisible()
      expect.soft(await violations(page, colorScheme), 'palette').toEqual([])
    })
  })

// 320 CSS pixels are a phone, or 1280 pixels at 400 %; 720 are 1440 at 200 %.
const WIDTHS = [320, 390, 720]

test(`no page scrolls sideways at ${WIDTHS.join(', ')} pixels`, async ({ page }) => {
  test.setTimeout(240_000)
  await startSession(page, 'Admin')
  for (const path of [...PAGES, '/sign-in']) {
    await page.setViewportSize({ width: WIDTHS[0]!, height: 800 })
    await page.goto(path)
    if (path !== '/sign-in') await isReady(page)
    await settled(page)
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
  }
})

test('on a phone the navigation is at the bottom, and details cover the list', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await visitAs(page, 'Admin', '/deliveries?window=all')
  await expect.poll(async () => (await rows(page).first().boundingBox())?.height).toBe(64)
  await rows(page).first().click()
  await expect(pane(page)).toBeVisible()
  // The loaded details replace their skeleton, which may be gone when its box is read.
  await expect.poll(async () => (await pane(page).boundingBox())?.width).toBe(390)
  await page.getByRole('button', { name: 'Close details' }).click()
  await page.getByRole('button', { name: 'More pages' }).click()
  await page.getByRole('dialog', { name: 'More pages' }).getByRole('link', { name: 'Audit' }).click()
  await expect(page).toHaveURL(/\/audit/)
})

test('targets are at least 24 pixels high and wide', async ({ page }) => {
  await visitAs(page, 'Admin', '/deliveries?window=all')
  await rows(page).first().click()
  await expect(pane(page)).toBeVisible()
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, a[href]')].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect()
      const target = element.closest('label')?.getBoundingClientRect() ?? { width, height }
      // An inline link is as high as its line (WCAG 2.5.8, inline exception).
      const inline = element.tagName === 'A' && getComputedStyle(element).display === 'inline'
      const shown = width > 1 && height > 1
      return shown && !inline && (target.width < 24 || target.height < 24) ? [element.outerHTML.slice(0, 120)] : []
    }),
  )
  expect(small).toEqual([])
})

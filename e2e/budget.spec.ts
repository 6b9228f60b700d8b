import { gzipSync } from 'node:zlib'
import { expect, test } from '@playwright/test'
import { rows, startSession } from './support.ts'

const MOST_BYTES = 280_000
const PAGES = [
  '/now',
  '/deliveries',
  '/events',
  '/webhooks',
  '/webhooks/new',
  '/alerts',
  '/alerts/rules',
  '/alerts/rules/new',
  '/alerts/templates',
  '/alerts/silences',
  '/operations',
  '/services',
  '/leads',
  '/ai',
  '/retention',
  '/event-types',
  '/audit',
  '/tenants',
  '/sign-in',
]

/** The scripts that the initial document loads. The palette, dialogs and panes are loaded later. */
const scriptsOf = (html: string): string[] => [
  ...new Set(
    [...html.matchAll(/<script\b([^>]*)>/g)]
      .map(([, attributes = '']) => (attributes.includes('noModule') ? null : /\bsrc="([^"]+)"/.exec(attributes)?.[1]))
      .filter((src) => src != null),
  ),
]

test('the initial scripts of a page are at most 280 kB, gzipped', async ({ page, baseURL }) => {
  await startSession(page, 'Admin')
  const sizes = new Map<string, number>()
  const sizeOf = async (src: string) => {
    const response = await page.request.get(new URL(src, baseURL).href)
    expect(response.status()).toBe(200)
    return gzipSync(await response.body()).length
  }
  for (const path of PAGES) {
    const scripts = scriptsOf(await (await page.request.get(path)).text())
    expect(scripts.length).toBeGreaterThan(3)
    let total = 0
    for (const src of scripts) {
      const size = sizes.get(src) ?? (await sizeOf(src))
      sizes.set(src, size)
      total += size
    }
    console.log(`${path}: ${total} bytes in ${scripts.length} scripts`)
    expect.soft(total, path).toBeLessThanOrEqual(MOST_BYTES)
  }
})

test('the first rows are in the HTML, before any script runs', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL })
  const page = await context.newPage()
  await startSession(page, 'Viewer')
  await page.goto('/deliveries?window=all')
  await expect(rows(page).first()).toBeVisible()
  expect(await rows(page).count()).toBe(50)
  await page.goto('/now')
  await expect(page.getByTestId('verdict')).toBeVisible()
  await context.close()
})

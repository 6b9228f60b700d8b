import type { Locator, Page } from '@playwright/test'
import type { Stack } from './stack.ts'

/** A page of the web console in a real browser, signed in, with functions to operate it. */
export interface Console {
  page: Page
  origin: string
  /** Clicks and keystrokes since the last `forget`. A chord such as Shift+R is one keystroke. */
  readonly clicks: number
  readonly keys: number
  click(target: Locator): Promise<void>
  press(...keys: readonly string[]): Promise<void>
  forget(): void
}

const WAIT_MS = 60_000
const SIZE = { width: 1440, height: 900 }

/**
 * Runs `work` with the web console and its own web server. `npm run bench` has built the console, and sets CHROMIUM to
 * the path of the browser.
 */
export async function withConsole<T>(stack: Stack, work: (open: () => Promise<Console>) => Promise<T>): Promise<T> {
  const { chromium } = await import('@playwright/test')
  const origin = await stack.startWeb()
  const isRoot = process.getuid?.() === 0
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Chromium's sandbox does not run as root. The /dev/shm of a container is often too small for Chromium.
    args: ['--disable-dev-shm-usage', ...(isRoot ? ['--no-sandbox'] : [])],
  })
  try {
    return await work(async () => {
      const context = await browser.newContext({ baseURL: origin, viewport: SIZE })
      context.setDefaultTimeout(WAIT_MS)
      const page = await context.newPage()
      const data = { kind: 'key', key: stack.headers.authorization?.replace('Bearer ', '') }
      const answer = await page.request.post('/session', { data, headers: { 'sec-fetch-site': 'same-origin' } })
      if (!answer.ok()) throw new Error(`the console refused the key: ${answer.status()} ${await answer.text()}`)
      return handOn(page, origin)
    })
  } finally {
    await browser.close()
  }
}

function handOn(page: Page, origin: string): Console {
  let clicks = 0
  let keys = 0
  return {
    page,
    origin,
    get clicks() {
      return clicks
    },
    get keys() {
      return keys
    },
    async click(target) {
      await target.click()
      clicks++
    },
    async press(...pressed) {
      for (const key of pressed) {
        await page.keyboard.press(key)
        keys++
      }
    },
    forget() {
      clicks = 0
      keys = 0
    },
  }
}

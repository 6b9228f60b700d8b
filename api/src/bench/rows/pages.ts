import type { Page } from '@playwright/test'
import { type Console, withConsole } from '../console.ts'
import { type Figure, median } from '../figures.ts'
import type { Row } from '../row.ts'
import { seed } from './lists-seed.ts'

const MANY = 5_000_000
const VISITS = 5

/**
 * "Slow 4G" of Lighthouse: 150 ms round trip, 1,638.4 kbit/s down, 675 kbit/s up, and a processor four times as slow
 * (github.com/GoogleChrome/lighthouse, docs/throttling.md).
 */
const SLOW = { latency: 150, download: (1_638.4 * 1_024) / 8, upload: (675 * 1_024) / 8, cpu: 4 }

interface Visited {
  path: string
  title: string
  /** A selector for what a user waits for: the first row, or the first figure. */
  first: string
  /** The goal: milliseconds until the page is usable. */
  usable: number
}

const PAGES: readonly Visited[] = [
  { path: '/now', title: 'Now', first: '[aria-label="Deliveries now"] > *', usable: 1_500 },
  { path: '/deliveries', title: 'deliveries', first: '[data-id]', usable: 1_000 },
]

/**
 * The times of one visit in milliseconds since the navigation began, and the sum of unexpected layout shifts
 * (web.dev/articles/cls).
 */
interface Visit {
  first: number
  usable: number
  largest: number
  shift: number
  /** The element that the largest shift moved, with the distance; empty if there was none. */
  moved: string
}

/** Pages of the web console with five million deliveries, opened with an empty browser cache. */
export const pages: Row = {
  name: 'pages',
  once: true,
  async run(stack, { scale, advance }) {
    const rows = Math.max(100_000, Math.round(MANY * scale))
    await seed(stack, rows)
    advance(0.5)
    return withConsole(stack, async (open) => {
      const figures: Figure[] = []
      for (const visited of PAGES) {
        await visit(await open(), visited, false)
        const normal = await visits(open, visited, false)
        const slow = await visits(open, visited, true)
        figures.push(...figuresOf(visited, { rows, normal, slow }))
        advance(0.5 + figures.length / (2 * PAGES.length * 4))
      }
      return figures
    })
  },
}

function figuresOf(
  { path, title, usable }: Visited,
  { rows, normal, slow }: { rows: number; normal: Visit; slow: Visit },
): Figure[] {
  const worst = slow.shift > normal.shift ? slow : normal
  const at = `${title} at ${rows.toLocaleString('en')} deliveries`
  const name = `pages ${path.slice(1)}`
  const figure = (key: string, what: string, value: number, goal: number, unit = 'ms'): Figure => ({
    name: `${name} ${key}`,
    what: `${at}, ${what}`,
    unit,
    value,
    limit: null,
    goal: { value: goal, atMost: true },
  })
  return [
    figure('usable', 'usable', normal.usable, usable),
    figure('largest', 'largest contentful paint', normal.largest, usable),
    figure('first slow', 'first row on slow 4G with a processor four times as slow', slow.first, 3_000),
    figure('shift', `layout shift${worst.moved && ` (${worst.moved})`}`, worst.shift, 0, ''),
  ]
}

async function visits(open: () => Promise<Console>, visited: Visited, slow: boolean): Promise<Visit> {
  const all: Visit[] = []
  for (let i = 0; i < VISITS; i++) all.push(await visit(await open(), visited, slow))
  const middle = (key: 'first' | 'usable' | 'largest') => median(all.map((one) => one[key]))
  const worst = all.reduce((a, b) => (b.shift > a.shift ? b : a))
  return {
    first: middle('first'),
    usable: middle('usable'),
    largest: middle('largest'),
    shift: worst.shift,
    moved: worst.moved,
  }
}

async function visit({ page }: Console, { path, first }: Visited, slow: boolean): Promise<Visit> {
  await page.addInitScript(observe, first)
  if (slow) await throttle(page)
  await page.goto(path)
  // Not waitForFunction(), which the console's content security policy refuses.
  for (const selector of [first, '[data-ready]']) await page.locator(selector).first().waitFor({ state: 'attached' })
  // Live data and fonts may still shift the layout after the page is usable.
  await page.waitForTimeout(slow ? 4_000 : 1_500)
  const seen = await page.evaluate<Visit>(() => Reflect.get(window, 'bench'))
  await page.context().close()
  return seen
}

async function throttle(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: SLOW.latency,
    downloadThroughput: SLOW.download,
    uploadThroughput: SLOW.upload,
  })
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW.cpu })
}

/** https://wicg.github.io/layout-instability, which TypeScript's types do not contain. */
interface LayoutShift extends PerformanceEntry {
  value: number
  hadRecentInput: boolean
  sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[]
}

/** Runs in the page, before the page's own scripts. */
function observe(selector: string): void {
  const seen = { first: 0, usable: 0, largest: 0, shift: 0, moved: '' }
  let largestShift = 0
  Reflect.set(window, 'bench', seen)
  const look = () => {
    const now = performance.now()
    if (!seen.first && document.querySelector(selector)) seen.first = now
    if (!seen.usable && seen.first && document.querySelector('[data-ready]')) seen.usable = now
    if (!seen.usable) requestAnimationFrame(look)
  }
  look()
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.largest = entry.startTime
  }).observe({ type: 'largest-contentful-paint', buffered: true })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as LayoutShift[]) {
      if (entry.hadRecentInput) continue
      seen.shift += entry.value
      if (entry.value <= largestShift) continue
      largestShift = entry.value
      seen.moved = entry.sources
        .map(({ node, previousRect: from, currentRect: to }) => {
          const name = node instanceof Element ? `${node.nodeName} ${node.className}` : (node?.nodeName ?? 'removed')
          return `${name} from ${from.x},${from.y} to ${to.x},${to.y}`
        })
        .join('; ')
    }
  }).observe({ type: 'layout-shift', buffered: true })
}

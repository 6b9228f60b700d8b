import type { Page } from '@playwright/test'
import { type Console, withConsole } from '../console.ts'
import type { Figure } from '../figures.ts'
import { createWebhook, freshTenant, PUBLISH_MANY, type Row, recorded, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

const COUNTS = [1, 50, 10_000]
const MANY = Math.max(...COUNTS)
const BATCH = 500
/** Number of requests that the receiver accepts after the outage, so that the forecast recommends the replay. */
const TAKEN = 60
const DELIVER_MS = 180_000
/** The goals: at most three clicks or eight keystrokes, and ten seconds. */
const MOST = { clicks: 3, keys: 8, seconds: 10 }

const PAUSE = 'mutation ($id: ID!) { pauseWebhook(id: $id) { webhook { id } } }'
const RESUME = 'mutation ($id: ID!) { resumeWebhook(id: $id) { webhook { id } } }'
const START = 'mutation ($input: BulkReplayInput!) { bulkReplayDeliveries(input: $input) { bulkReplay { id } } }'
const UNRECOVERED = 'query ($filter: DeliveryFilter) { deliveryStats(filter: $filter) { unrecovered } }'

const number = new Intl.NumberFormat('en')

/**
 * A user who never pauses, from the open page of deliveries until everything is delivered: clicks, keystrokes, and the
 * seconds that the console and the deliveries take. The limit is the same replay by one mutation.
 */
export const operatorsMinute: Row = {
  name: 'operators-minute',
  async run(stack, { scale, advance }) {
    return withConsole(stack, async (open) => {
      await warm(await open())
      const figures: Figure[] = []
      let done = 0
      for (const wanted of COUNTS) {
        const count = Math.max(1, Math.round(wanted * (wanted === MANY ? scale : 1)))
        const limit = await secondsOfMutation(stack, count)
        for (const [how, run] of [['mouse', byMouse] as const, ['keyboard', byKeyboard] as const]) {
          const tenantId = await bury(stack, count)
          const hand = await open()
          const seconds = await run(hand, tenantId, count)
          await checkRecovered(stack, tenantId)
          figures.push(...figuresOf(hand, { how, count, seconds, limit }))
          await hand.page.context().close()
          advance(++done / (2 * COUNTS.length))
        }
      }
      return figures
    })
  },
}

function figuresOf(
  { clicks, keys }: Console,
  { how, count, seconds, limit }: { how: 'mouse' | 'keyboard'; count: number; seconds: number; limit: number },
): Figure[] {
  const letters = count === 1 ? '1 dead letter' : `${number.format(count)} dead letters`
  const what = `${letters}, from the deliveries page to all delivered, by ${how}`
  const isMouse = how === 'mouse'
  return [
    {
      name: `operator ${how} ${count} seconds`,
      what,
      unit: 's',
      value: seconds,
      limit: { what: 'one mutation', value: limit },
      goal: { value: MOST.seconds, atMost: true },
    },
    {
      name: `operator ${how} ${count} actions`,
      what,
      unit: isMouse ? 'clicks' : 'keystrokes',
      value: isMouse ? clicks : keys,
      limit: null,
      goal: { value: isMouse ? MOST.clicks : MOST.keys, atMost: true },
    },
  ]
}

/** Loads the pages once, as in a session that has been in use. */
async function warm({ page }: Console): Promise<void> {
  for (const path of ['/now', '/deliveries']) await openPage(page, path)
  await page.context().close()
}

async function openPage(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.locator('[data-ready]').waitFor({ state: 'attached' })
}

const replayAll = (page: Page, count: number) =>
  page.getByRole('button', { name: `Replay all ${number.format(count)}…` })
/** The button that starts the recommended replay of `count` deliveries. */
const startOf = (page: Page, count: number) =>
  page
    .getByRole('dialog', { name: 'Bulk replay' })
    .getByRole('button', { name: `Replay ${number.format(count)}`, exact: true })
const completed = (page: Page) =>
  page.locator('[data-job]').getByText('Bulk replay completed').waitFor({ timeout: DELIVER_MS })

async function byMouse(hand: Console, tenantId: string, count: number): Promise<number> {
  const { page } = hand
  await openPage(page, `/deliveries?tenant=${tenantId}`)
  hand.forget()
  const began = performance.now()
  await hand.click(page.getByRole('button', { name: 'Unrecovered', exact: true }))
  await hand.click(replayAll(page, count))
  await hand.click(startOf(page, count))
  await completed(page)
  return (performance.now() - began) / 1_000
}

async function byKeyboard(hand: Console, tenantId: string, count: number): Promise<number> {
  const { page } = hand
  await openPage(page, `/deliveries?tenant=${tenantId}`)
  hand.forget()
  const began = performance.now()
  await hand.press('g', 'n')
  await page.getByRole('link', { name: 'Show the unrecovered' }).waitFor()
  await hand.press('u')
  await replayAll(page, count).waitFor()
  await hand.press('Shift+R')
  // The console focuses the button when it shows the plan.
  await startOf(page, count).and(page.locator(':focus')).waitFor()
  await hand.press('Enter')
  await completed(page)
  return (performance.now() - began) / 1_000
}

/** Seconds that the same replay takes by one mutation, until everything is stored as delivered. */
async function secondsOfMutation(stack: Stack, count: number): Promise<number> {
  const tenantId = await bury(stack, count)
  const began = performance.now()
  await stack.graphql(START, {
    input: { filter: { tenantId, recovered: false }, minLikelihood: 0.8, canary: true },
  })
  await recorded(stack, tenantId, count + TAKEN, DELIVER_MS, () => {})
  return (performance.now() - began) / 1_000
}

/**
 * Creates a tenant whose webhook was down half an hour ago and accepts requests now. It has `count` dead letters, each
 * of a different event.
 */
async function bury(stack: Stack, count: number): Promise<string> {
  const tenantId = freshTenant()
  const id = await createWebhook(stack, tenantId, '/ok')
  await stack.graphql(PAUSE, { id })
  await publish(stack, tenantId, count)
  await stack.db.query(
    `UPDATE deliveries SET status = 'DEAD_LETTER', completed_at = now() - interval '30 minutes', last_attempt_at = now() - interval '30 minutes',
       next_attempt_at = NULL, wake_at = NULL, hold_reason = NULL, attempt_count = max_attempts, last_error = 'HTTP 503', last_error_kind = 'HTTP_5XX',
       last_status_code = 503
     WHERE tenant_id = $1`,
    [tenantId],
  )
  await stack.graphql(RESUME, { id })
  await publish(stack, tenantId, TAKEN)
  await recorded(stack, tenantId, TAKEN, DELIVER_MS, () => {})
  return tenantId
}

async function publish(stack: Stack, tenantId: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += BATCH) {
    const input = Array.from({ length: Math.min(BATCH, count - i) }, (_, k) => sample(tenantId, i + k))
    await stack.graphql(PUBLISH_MANY, { input })
  }
}

async function checkRecovered(stack: Stack, tenantId: string): Promise<void> {
  const { deliveryStats } = await stack.graphql<{ deliveryStats: { unrecovered: number } }>(UNRECOVERED, {
    filter: { tenantId, window: 'ALL' },
  })
  if (deliveryStats.unrecovered > 0) throw new Error(`${deliveryStats.unrecovered} dead letters are left`)
}

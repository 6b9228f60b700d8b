import { expect, type Page, test } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import {
  behave,
  call,
  choose,
  createDeadLetter,
  createReceiver,
  liveState,
  publish,
  rows,
  signalApi,
  unique,
  visit,
  visitAs,
} from './support.ts'

const PublishedIds = graphql(`
  query E2ePublishedIds($type: String!) {
    events(filter: { types: [$type] }, first: 200) {
      nodes {
        id
      }
    }
  }
`)

const FindDelivery = graphql(`
  query E2eFindDelivery($search: String!) {
    deliveries(filter: { search: $search }, first: 1) {
      nodes {
        id
      }
    }
  }
`)

const ReplayAsAnother = graphql(`
  mutation E2eReplay($id: ID!) {
    replayDelivery(id: $id) {
      delivery {
        id
      }
    }
  }
`)

const isLive = (page: Page) => expect(liveState(page)).toHaveText(/Live$/)

/** Expects that the list shows the rows of the API: each row once, in the same order. */
async function showsAll(page: Page, type: string, count: number): Promise<void> {
  await expect(rows(page)).toHaveCount(count)
  const shown = await rows(page).evaluateAll((found) => found.map((row) => row.getAttribute('data-id')))
  const { events } = await call(PublishedIds, { type })
  expect(shown).toEqual(events.nodes.map(({ id }) => id))
}

test('new events appear by themselves, and wait while the user has scrolled down or paused', async ({ page }) => {
  const type = `e2e.live.${unique()}`
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await expect(page.getByText(/^No events/)).toBeVisible()
  await isLive(page)
  await publish(type, 40)
  await showsAll(page, type, 40)

  await rows(page).nth(35).scrollIntoViewIfNeeded()
  await publish(type, 3)
  const newer = page.getByRole('button', { name: '3 new' })
  await expect(newer).toBeVisible()
  await expect(liveState(page)).toContainText('Paused by you')
  await expect(rows(page)).toHaveCount(40)
  await newer.click()
  await showsAll(page, type, 43)
  await expect(rows(page).first()).toBeInViewport()

  await page.keyboard.press('p')
  await expect(liveState(page)).toContainText('Paused by you')
  await publish(type, 2)
  await page.getByRole('button', { name: 'Resume live updates' }).click()
  await showsAll(page, type, 45)
})

test('rows do not move under the pointer, and the page shows that they wait', async ({ page }) => {
  const type = `e2e.pointer.${unique()}`
  await createReceiver(type, `/${type}`)
  await publish(type, 3)
  await visitAs(page, 'Viewer', `/deliveries?window=all&q=/${type}`)
  await expect(rows(page)).toHaveCount(3)
  await isLive(page)
  const first = rows(page).first()
  const before = await first.getAttribute('data-id')
  await first.hover()
  await publish(type, 2)
  await expect(async () => {
    // The pointer has to keep moving.
    await first.hover({ position: { x: 200 + Math.random() * 50, y: 10 } })
    await expect(page.getByRole('button', { name: /new$/ })).toBeVisible({ timeout: 300 })
  }).toPass()
  expect(await first.getAttribute('data-id')).toBe(before)
  await expect(liveState(page)).toContainText('Paused by you')
  await page.mouse.move(5, 500)
  await expect(rows(page)).toHaveCount(5)
})

test('an interrupted connection resumes and shows the missed rows', async ({ page, context }) => {
  const type = `e2e.cut.${unique()}`
  await publish(type, 2)
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await isLive(page)
  await context.setOffline(true)
  await expect(page.getByText(/Connection lost \d+ s ago/)).toBeVisible()
  await expect(liveState(page)).toContainText('Not live')
  await publish(type, 7)
  await context.setOffline(false)
  await expect(page.getByText(/Back after \d+ s: 7 events arrived meanwhile\./)).toBeVisible()
  await showsAll(page, type, 9)
})

test('pages recover after an API crash without lost or duplicated rows', async ({ page, context }) => {
  const type = `e2e.killed.${unique()}`
  await createReceiver(type, `/${type}`)
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  const deliveries = await context.newPage()
  await visit(deliveries, `/deliveries?q=/${type}`)
  await Promise.all([isLive(page), isLive(deliveries)])
  signalApi('SIGKILL')
  for (const one of [page, deliveries]) await expect(one.getByText(/Connection lost/).first()).toBeVisible()
  await expect(page.getByText(/Back after .*: nothing arrived meanwhile\./)).toBeVisible({ timeout: 30_000 })
  await expect(deliveries.getByText(/Back after .*\. The list is up to date again\./)).toBeVisible()
  await publish(type, 2)
  await showsAll(page, type, 2)
  await expect(rows(deliveries)).toHaveCount(2)
  const ids = await rows(deliveries).evaluateAll((found) => found.map((row) => row.getAttribute('data-id')))
  expect(new Set(ids).size).toBe(2)
})

test('a hanging API is reported within five seconds, and the last rows stay', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=all')
  await isLive(page)
  await expect(rows(page).first()).toBeVisible()
  signalApi('SIGSTOP')
  try {
    await expect(liveState(page)).toContainText('No answer', { timeout: 5_000 })
    await expect(page.getByText(/The API does not answer\. Waiting for \d+ s\./)).toBeVisible()
    // After a change of the time window, the list still shows the rows of the previous window, marked as outdated.
    await choose(page, 'Time window', '15 min')
    await expect(page.getByRole('table', { name: 'Deliveries' })).toHaveAttribute('aria-busy', 'true')
    await expect(liveState(page)).toContainText('No answer')
  } finally {
    signalApi('SIGCONT')
  }
  await expect(page.getByRole('table', { name: 'Deliveries' }).or(page.getByText(/^No deliveries/))).toBeVisible()
  await isLive(page)
})

test('a delivery is shown as failed, and as recovered after its replay', async ({ page }) => {
  const { type, path } = await createDeadLetter('moves')
  await visitAs(page, 'Viewer', `/deliveries?window=all&status=dead&q=${path}`)
  await isLive(page)
  await expect(rows(page)).toContainText('Dead letter')
  await behave(path, 'ok')
  const { deliveries } = await call(FindDelivery, { search: type })
  await call(ReplayAsAnother, { id: deliveries.nodes[0]?.id ?? '' })
  await expect(rows(page)).toContainText('Recovered')
  // The row shows its new status for a moment, and then leaves the list of dead letters.
  await expect(rows(page)).toHaveCount(0)
})

test('the navigation badge counts unrecovered deliveries live', async ({ page }) => {
  await visitAs(page, 'Viewer', '/event-types')
  const badge = page.getByRole('link', { name: /^Deliveries/ })
  const count = async () => Number((await badge.innerText()).replace(/\D/g, ''))
  await expect.poll(count).toBeGreaterThan(0)
  const before = await count()
  await createDeadLetter('badge')
  await expect.poll(count).toBe(before + 1)
})

test('the memory of a page stays flat under ten thousand updates', async ({ page }) => {
  test.slow()
  const type = `e2e.flood.${unique()}`
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await isLive(page)
  const session = await page.context().newCDPSession(page)
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage')
    return (await session.send('Runtime.getHeapUsage')).usedSize
  }
  const flood = async (times: number) => {
    for (let n = 0; n < times; n += 1) await publish(type, 500)
  }
  const showsNewest = () =>
    expect(async () => {
      const shown = await rows(page).first().getAttribute('data-id')
      const { events } = await call(PublishedIds, { type })
      expect(shown).toBe(events.nodes[0]?.id)
    }).toPass()
  await flood(4)
  await showsNewest()
  const before = await heap()
  await flood(20)
  await showsNewest()
  // If ten thousand rows stayed in memory, they would take 9 MB.
  expect(await heap()).toBeLessThan(before + 6_000_000)
})

test('a page with an expired session leads to the sign-in page and back', async ({ page, context, baseURL }) => {
  await visitAs(page, 'Viewer', '/events?window=all&severity=critical')
  await isLive(page)
  await context.addCookies([{ name: 'aetherlink_session', value: 'worn-out', url: baseURL ?? '' }])
  await context.setOffline(true)
  await expect(liveState(page)).toContainText('Not live')
  await context.setOffline(false)
  await expect(page).toHaveURL('/sign-in?next=%2Fevents%3Fwindow%3Dall%26severity%3Dcritical')
})

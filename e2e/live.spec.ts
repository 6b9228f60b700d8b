import { expect, type Page, test } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { behave, call, createReceiver, killApi, publish, rows, unique, visitAs } from './support.ts'

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

const isLive = (page: Page) => expect(page.getByTestId('live-state')).toHaveText('Live')

/** What the list shows is what the API has: each once, in the same order. */
async function showsAll(page: Page, type: string, count: number): Promise<void> {
  await expect(rows(page)).toHaveCount(count)
  const shown = await rows(page).evaluateAll((found) => found.map((row) => row.getAttribute('data-id')))
  const { events } = await call(PublishedIds, { type })
  expect(shown).toEqual(events.nodes.map(({ id }) => id))
}

test('events come by themselves, and wait while one reads on or wants to', async ({ page }) => {
  const type = `e2e.live.${unique()}`
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await expect(page.getByText(/^No events/)).toBeVisible()
  await isLive(page)
  await publish(type, 40)
  await showsAll(page, type, 40)

  await rows(page).nth(30).scrollIntoViewIfNeeded()
  await publish(type, 3)
  const newer = page.getByRole('button', { name: '3 new events' })
  await expect(newer).toBeVisible()
  await expect(rows(page)).toHaveCount(40)
  await newer.click()
  await showsAll(page, type, 43)
  await expect(rows(page).first()).toBeInViewport()

  await page.getByRole('button', { name: 'Pause' }).click()
  await publish(type, 2)
  await page.getByRole('button', { name: 'Resume (2 new)' }).click()
  await showsAll(page, type, 45)
})

test('a connection that was cut goes on where it stopped, and says what came meanwhile', async ({ page, context }) => {
  const type = `e2e.cut.${unique()}`
  await publish(type, 2)
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await isLive(page)
  await context.setOffline(true)
  await expect(page.getByText(/Connection lost \d+ s ago/)).toBeVisible()
  await publish(type, 7)
  await context.setOffline(false)
  await expect(page.getByText(/Back after \d+ s: 7 events came meanwhile\./)).toBeVisible()
  await showsAll(page, type, 9)
})

test('an API that is killed comes back, and the pages with it', async ({ page, context }) => {
  const type = `e2e.killed.${unique()}`
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  const deliveries = await context.newPage()
  await deliveries.goto('/deliveries')
  await Promise.all([isLive(page), isLive(deliveries)])
  killApi()
  for (const one of [page, deliveries]) await expect(one.getByText(/Connection lost/).first()).toBeVisible()
  await expect(page.getByText(/Back after .*: nothing came meanwhile\./)).toBeVisible({ timeout: 30_000 })
  await expect(deliveries.getByText(/Back after .*\. The list is up to date again\./)).toBeVisible()
  await publish(type, 2)
  await showsAll(page, type, 2)
})

test('a delivery is seen to fail, and to arrive when somebody replays it', async ({ page }) => {
  const type = `e2e.moves.${unique()}`
  await behave(`/${type}`, 'down')
  await createReceiver(type, `/${type}`)
  await visitAs(page, 'Viewer', `/deliveries?status=dead_letter&q=/${type}`)
  await isLive(page)
  const figures = page.getByRole('region', { name: 'Delivery statistics' })
  const before = await figures.innerText()
  await publish(type)
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText('Dead letter')
  await expect(figures).not.toHaveText(before)

  await behave(`/${type}`, 'ok')
  const { deliveries } = await call(FindDelivery, { search: type })
  await call(ReplayAsAnother, { id: deliveries.nodes[0]?.id ?? '' })
  await expect(rows(page)).toContainText('replayed: delivered')
})

test('a page whose session has ended leads to sign in and back', async ({ page, context, baseURL }) => {
  await visitAs(page, 'Viewer', '/events?window=all&severity=critical')
  await isLive(page)
  await context.addCookies([{ name: 'aetherlink_session', value: 'worn-out', url: baseURL ?? '' }])
  await context.setOffline(true)
  await expect(page.getByTestId('live-state')).toContainText('Not live')
  await context.setOffline(false)
  await expect(page).toHaveURL('/sign-in?next=%2Fevents%3Fwindow%3Dall%26severity%3Dcritical')
})

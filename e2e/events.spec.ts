import { randomBytes } from 'node:crypto'
import { expect, test } from '@playwright/test'
import { addFilter, createReceiver, pane, publish, rows, unique, visitAs } from './support.ts'

test('events are filtered by severity and type, and one shows its payload and receivers', async ({ page }) => {
  const type = `e2e.filter.${unique()}`
  await publish(type, 2, { severity: 'INFO' })
  await publish(type, 1, { severity: 'CRITICAL', payload: { note: '<b>not markup</b>' } })
  await visitAs(page, 'Viewer', '/events')
  await addFilter(page, `type:${type.replace(/[^.]+$/, '*')}`)
  await expect(rows(page)).toHaveCount(3)
  await addFilter(page, 'severity:critical')
  await expect(page).toHaveURL(/severity=critical/)
  await expect(rows(page)).toHaveCount(1)

  // With the keyboard: Enter opens the focused row. Escape closes it and moves the focus back to the row.
  const opener = page.getByRole('link', { name: `${type} from e2e` })
  await opener.focus()
  await page.keyboard.press('Enter')
  await expect(pane(page, 'Event').getByRole('group', { name: 'Payload' })).toContainText('<b>not markup</b>')
  await page.keyboard.press(']')
  await expect(pane(page, 'Event').getByText(/webhooks? do(es)? not take it/)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(pane(page, 'Event')).toHaveCount(0)
  await expect(opener).toBeFocused()
})

test('more rows are loaded on demand', async ({ page }) => {
  const type = `e2e.paging.${unique()}`
  await publish(type, 60)
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await expect(rows(page)).toHaveCount(50)
  await page.getByRole('button', { name: 'Load more' }).click()
  await expect(rows(page)).toHaveCount(60)
  await expect(page.getByText('All 60.')).toBeVisible()
  const ids = await rows(page).evaluateAll((found) => found.map((row) => row.getAttribute('data-id')))
  expect(new Set(ids).size).toBe(60)
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(rows(page)).toHaveCount(60)
})

test('correlated events form a tree of causes with their deliveries', async ({ page }) => {
  const type = `e2e.tree.${unique()}`
  const correlationId = unique()
  await createReceiver(`${type}.child`, `/${type}`)
  const [cause] = await publish(type, 1, { correlationId })
  await publish(`${type}.child`, 1, { correlationId, causationId: cause })
  await visitAs(page, 'Viewer', `/events?window=all&correlation=${correlationId}`)
  await expect(rows(page)).toHaveCount(2)
  await rows(page)
    .filter({ hasText: `${type}.child` })
    .click()
  await pane(page, 'Event').getByRole('tab', { name: 'Related' }).click()
  const root = pane(page, 'Event').getByRole('tabpanel').getByRole('listitem').first()
  await expect(root).toContainText(type)
  await expect(
    root
      .getByRole('listitem')
      .filter({ hasText: `${type}.child` })
      .first(),
  ).toContainText(`Receiver of ${type}.child`)
})

test('the details of an event show its trace id, which a button copies', async ({ context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const type = `e2e.traced.${unique()}`
  const traceId = randomBytes(16).toString('hex')
  await publish(type, 1, { traceparent: `00-${traceId}-b7ad6b7169203331-01` })
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await rows(page).click()
  const event = pane(page, 'Event')
  await expect(event.getByText(traceId)).toBeVisible()
  await event.getByRole('button', { name: 'Copy the trace id' }).click()
  await expect(event.getByRole('button', { name: 'Copied' })).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(traceId)
})

test('a live tail shows new events with the filters of the list', async ({ page }) => {
  const type = `e2e.tail.${unique()}`
  await visitAs(page, 'Viewer', `/events?type=${type}`)
  await page.keyboard.press('Shift+L')
  await expect(page).toHaveURL(/tail=true/)
  const tail = page.getByRole('log', { name: 'Live events' })
  await expect(tail).toContainText('Waiting for events…')
  await expect(async () => {
    await publish(type, 1)
    await expect(tail.locator('[data-line]').first()).toContainText(type, { timeout: 1_000 })
  }).toPass()
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await expect(rows(page).first()).toContainText(type)
})

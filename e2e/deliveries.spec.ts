import { expect, test } from '@playwright/test'
import { behave, choose, createReceiver, pauseReceiver, publish, rows, unique, visitAs } from './support.ts'

test('the deliveries of the demo are listed with their figures', async ({ page }) => {
  await visitAs(page, 'Operator', '/deliveries?window=all')
  await expect(rows(page).nth(10)).toBeVisible()
  const figures = page.getByRole('region', { name: 'Delivery statistics' })
  for (const name of ['Pending', 'Near failure', 'Delivered', 'Dead letter', 'Success rate'])
    await expect(figures.getByText(name, { exact: true })).toBeVisible()
})

test('a dead letter is found, replayed, and its replay is seen to arrive', async ({ page }) => {
  const type = `e2e.replay.${unique()}`
  const path = `/${type}`
  await behave(path, 'down')
  await createReceiver(type, path)
  await publish(type, 1, { payload: { order: 4711 } })

  await visitAs(page, 'Operator', '/deliveries')
  // By URL: the demo has webhooks that receive every type.
  await page.getByLabel('Search deliveries').fill(path)
  await choose(page, 'Status', 'Dead letter')
  await expect(page).toHaveURL(
    (url) => url.searchParams.get('status') === 'dead_letter' && url.searchParams.get('q') === path,
  )
  const original = rows(page).filter({ hasText: type })
  await expect(original).toContainText('Dead letter')

  await original.click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByLabel('Payload', { exact: true })).toContainText('4711')
  await expect(drawer.getByRole('button', { name: /#1/ })).toContainText('503')
  await drawer.getByRole('button', { name: 'Close details' }).click()

  await behave(path, 'ok')
  await original.getByRole('button', { name: /Replay/ }).click()
  const notification = page.getByRole('alert').filter({ hasText: 'Replay delivered' })
  await expect(notification).toBeVisible()
  await notification.getByRole('link').first().click()
  await expect(drawer).toContainText('Delivered')
  await expect(drawer.getByText('Replay of')).toBeVisible()
  await drawer.getByRole('button', { name: 'Close details' }).click()

  await choose(page, 'Status', 'All')
  await expect(rows(page)).toHaveCount(2)
  await expect(rows(page).first()).toContainText('Delivered')
  // What has arrived is not offered to be sent again.
  await expect(
    rows(page)
      .first()
      .getByRole('button', { name: /Replay/ }),
  ).toHaveCount(0)
})

test('a second replay under way is refused, unless it is insisted on', async ({ page }) => {
  const type = `e2e.conflict.${unique()}`
  await behave(`/${type}`, 'down')
  const webhook = await createReceiver(type, `/${type}`)
  await publish(type)
  await visitAs(page, 'Operator', `/deliveries?status=dead_letter&q=/${type}`)
  const original = rows(page).filter({ hasText: type })
  await expect(original).toHaveCount(1)
  // A paused webhook holds the replay, so that it stays under way.
  await pauseReceiver(webhook.id)
  await original.getByRole('button', { name: /Replay/ }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Replay started' })).toBeVisible()
  await expect(original.getByRole('button', { name: /Replay under way/ })).toBeDisabled()

  await page.reload()
  await original.getByRole('button', { name: /^Replay:/ }).click()
  const question = page.getByRole('dialog', { name: 'Replay anyway?' })
  await expect(question).toContainText('is under way')
  await question.getByRole('button', { name: 'Replay anyway' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Replay started' })).toBeVisible()
  await choose(page, 'Status', 'Pending')
  await expect(rows(page)).toHaveCount(2)
  await expect(rows(page).first()).toContainText('On hold')
  await expect(rows(page).first()).toContainText('webhook paused')
})

test('a viewer reads, and is offered no replay', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=all&status=dead_letter')
  await expect(rows(page).first()).toContainText('Dead letter')
  await expect(page.getByRole('button', { name: /^Replay/ })).toHaveCount(0)
  await rows(page).first().click()
  await expect(page.getByRole('dialog').getByText('Attempts', { exact: true }).first()).toBeVisible()
  await expect(page.getByRole('dialog').getByRole('button', { name: /^Replay/ })).toHaveCount(0)
})

test('a list without rows says for what it was filtered, and shows all again', async ({ page }) => {
  await visitAs(page, 'Viewer', '/deliveries?window=15m&status=cancelled&tenant=tenant-1&q=no-such-thing')
  const nothing = 'No cancelled deliveries for tenant-1 in the last 15 minutes matching “no-such-thing”.'
  await expect(page.getByRole('status').filter({ hasText: nothing })).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(rows(page).first()).toBeVisible()
  await expect(page).toHaveURL('/deliveries?window=all&tenant=tenant-1')
})

test('the tenant of the header narrows the list and goes along to the other page', async ({ page }) => {
  await visitAs(page, 'Operator', '/deliveries?window=all')
  await page.getByRole('combobox', { name: 'Tenant' }).click()
  await page.getByRole('option', { name: /tenant-acme/ }).click()
  await expect(page).toHaveURL(/tenant=tenant-acme/)
  await expect(rows(page).first()).toBeVisible()
  await expect(rows(page).filter({ hasNotText: 'tenant-acme' })).toHaveCount(0)
  await page.getByRole('link', { name: 'Events' }).click()
  await expect(page).toHaveURL(/\/events\?.*tenant=tenant-acme/)
  await expect(rows(page).first()).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/\/deliveries\?.*tenant=tenant-acme/)
})

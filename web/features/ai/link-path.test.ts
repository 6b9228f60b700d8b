import { expect, test } from 'vitest'
import { linkPath } from './link-path.ts'

test('a filter of the API becomes the URL of a list', () => {
  const since = '2026-01-01T00:00:00.000Z'
  expect(
    linkPath({
      target: 'DELIVERIES',
      id: null,
      filter: { since, webhookIds: ['whk_1', 'whk_2'], errorKinds: ['HTTP_5XX'], tenantId: null, odd: 1 },
    }),
  ).toEqual({
    label: 'deliveries',
    href: '/deliveries?since=2026-01-01T00%3A00%3A00.000Z&webhook=whk_1%2Cwhk_2&error=http_5xx',
  })
  expect(
    linkPath({ target: 'AUDIT', id: null, filter: { actions: ['webhook.update'], targetId: 'whk_1' } })?.href,
  ).toBe('/audit?action=webhook.update&target=whk_1&window=all')
  expect(linkPath({ target: 'EVENTS', id: null, filter: null })?.href).toBe('/events?window=all')
})

test('objects with their own page are linked by their id', () => {
  expect(linkPath({ target: 'WEBHOOK', id: 'whk_1', filter: null })?.href).toBe('/webhooks/whk_1')
  expect(linkPath({ target: 'ALERT', id: 'alr_1', filter: null })?.href).toBe('/alerts?window=all&open=alr_1')
  expect(linkPath({ target: 'ALERT', id: null, filter: null })).toBeNull()
})

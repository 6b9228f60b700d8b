import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, makeWebhook, OTHER, publish } from '../../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { publicId, tryUuid } from '../../kit/ids.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.stop())

async function search(text: string, as: As = ACME) {
  const { events, eventStats } = await app.ok<{ events: { nodes: { id: string }[] }; eventStats: { total: number } }>(
    'query ($filter: EventFilter) { events(filter: $filter) { nodes { id } } eventStats(filter: $filter) { total } }',
    { filter: { search: text } },
    { as },
  )
  expect(eventStats.total).toBe(events.nodes.length)
  return events.nodes.map(({ id }) => id)
}

test('a search finds an event by its id, delivery id, correlation id and subject', async () => {
  await makeWebhook(app, { eventTypes: ['named'] })
  const event = await publish(app, { type: 'named', subject: 'invoice-77', correlationId: 'req-4711-ab' })
  const caused = await publish(app, { type: 'caused', correlationId: 'req-4711-ab', payload: { about: 'req-0815-cd' } })
  const [row] = await app.sql<{ id: string }>('SELECT id FROM deliveries WHERE event_id = $1', [tryUuid('evt', event)])
  const delivery = publicId('dlv', row!.id)
  expect(await search(event)).toEqual([event])
  expect(await search(delivery)).toEqual([event])
  expect(await search('req-4711-ab')).toEqual([caused, event])
  expect(await search('req-0815-cd')).toEqual([caused])
  expect(await search('INVOICE-77')).toEqual([event])
  for (const text of [event, delivery, 'req-4711-ab', 'invoice-77']) expect(await search(text, OTHER)).toEqual([])
})

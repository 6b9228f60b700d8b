import { afterAll, beforeAll, expect, test } from 'vitest'
import { dayAgo, ensurePartitions, seedEvents } from '../../../test/features/retention.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await ensurePartitions(app, 2)
  await seedEvents(app, { tenant: 'tenant-a', daysAgo: 1, count: 40, payloads: ['{ "b": 1, "a": "=x" }', '[1,\n2]'] })
  await seedEvents(app, { tenant: 'tenant-b', daysAgo: 1, count: 5 })
}, 60_000)
afterAll(() => app.stop())

const exported = async (parameters: string, as?: Parameters<TestApp['http']>[2]) => {
  const response = await app.http(`/exports/events?${parameters}`, {}, as)
  return { response, text: await response.text() }
}

test('NDJSON contains the events as CloudEvents, oldest first, with unmodified payloads', async () => {
  const { response, text } = await exported('tenantId=tenant-a')
  expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
  const lines = text.trimEnd().split('\n')
  expect(lines).toHaveLength(40)
  expect(lines[0]).toMatch(/,"data":\{ "b": 1, "a": "=x" \}\}$/)
  const events = lines.map(
    (line) => JSON.parse(line) as { id: string; cursor: string; sequence?: string; tenantid: string },
  )
  expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted())
  for (const event of events)
    expect(event).toMatchObject({ tenantid: 'tenant-a', specversion: '1.0', cursor: expect.any(String) })
  expect(events[0]!.sequence).toBeUndefined()
})

test('CSV has a header and no cell that a spreadsheet would execute', async () => {
  const { response, text } = await exported('format=csv&tenantId=tenant-b&types=order.0&types=order.1&severities=INFO')
  expect(response.headers.get('content-disposition')).toMatch(/filename="events-[\dT-]+\.csv"/)
  const rows = text.trimEnd().split('\r\n')
  expect(rows[0]).toMatch(/^id,time,receivedtime,type,source,severity,subject,tenantid/)
  expect(rows.length).toBeGreaterThan(1)
  expect(rows.length).toBeLessThan(6)
})

test('an identity of a tenant exports its own events, and invalid parameters are named', async () => {
  const bound = { as: { role: 'VIEWER', tenantId: 'tenant-b' } } as const
  expect((await exported('', bound)).text.trimEnd().split('\n')).toHaveLength(5)
  expect((await exported('tenantId=tenant-a', bound)).text).toBe('')
  expect((await exported(`since=${dayAgo(0)}T00:00:00Z`, bound)).text).toBe('')
  const wrong = await exported('format=xml&colour=red')
  expect(wrong.response.status).toBe(400)
  expect(wrong.text).toMatch(/expected csv or ndjson/)
  expect(wrong.text).toMatch(/colour/)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSender, event, newEvent as next } from '../../../test/features/cloudevents.ts'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

let app: TestApp
let to: ReturnType<typeof createSender>

beforeAll(async () => {
  app = await startTestApp()
  to = createSender(app)
})
afterAll(() => app.stop())

test('a batch stores its valid events, reports the others, and has a status for each case', async () => {
  const mixed = await to.batch([
    next(),
    5,
    next({ time: 'yesterday', tenantId: 'x' }),
    next(),
    event('x', { id: undefined }),
  ])
  expect(mixed).toMatchObject({
    status: 207,
    body: {
      accepted: 2,
      deduplicated: 0,
      refused: 3,
      results: [
        { deduplicated: false },
        { problem: { status: 400, code: 'BAD_USER_INPUT', errors: [{ pointer: '#/1' }] } },
        {
          problem: {
            errors: [
              { pointer: '#/2/tenantId', detail: expect.stringContaining('such as tenantid') },
              { pointer: '#/2/time' },
            ],
          },
        },
        { deduplicated: false },
        { problem: { errors: [{ pointer: '#/4/id', detail: 'is required' }] } },
      ],
    },
  })
  const empty = await to.batch([])
  expect(empty).toMatchObject({ status: 202, body: { accepted: 0, refused: 0, results: [] } })
  const none = await to.batch([{}, null])
  expect(none).toMatchObject({ status: 400, body: { code: 'BAD_USER_INPUT' } })
  expect(none.body.errors.map(({ pointer }) => pointer)).toEqual([
    '#/0/specversion',
    '#/0/id',
    '#/0/source',
    '#/0/type',
    '#/1',
  ])
})

test('a batch of 1,000 is stored in order, and a repeated batch stores nothing', async () => {
  const many = Array.from({ length: 1_000 }, (_, i) => next({ subject: String(i), data: { i } }))
  const { status, body } = await to.batch(many)
  expect({ status, accepted: body.accepted, refused: body.refused }).toEqual({
    status: 202,
    accepted: 1_000,
    refused: 0,
  })
  const before = await to.count()
  expect(await to.batch(many)).toMatchObject({ status: 202, body: { accepted: 1_000, deduplicated: 1_000 } })
  expect(await to.count()).toBe(before)
  for (const i of [0, 499, 500, 999])
    expect(await to.stored(body.results![i]!.id!)).toMatchObject({ subject: String(i), payload: { i } })
})

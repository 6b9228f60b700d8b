import { expect, test } from 'vitest'
import { parseOptions } from './options.mjs'

test('without options everything starts on the usual ports', () => {
  expect(parseOptions([], {})).toMatchObject({
    parts: ['api', 'worker', 'receiver', 'web'],
    seed: true,
    ports: { api: 8010, web: 3000, receiver: 8099 },
    host: '127.0.0.1',
  })
})

test('an unknown option is refused by name, with the known ones', () => {
  expect(() => parseOptions(['--only', 'api,queue'], {})).toThrow(/"queue"/)
  expect(() => parseOptions(['--fast'], {})).toThrow(/--fast/)
  expect(() => parseOptions([], { WEB_PORT: '70000' })).toThrow(/WEB_PORT is "70000"/)
})

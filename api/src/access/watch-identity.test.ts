import { pino } from 'pino'
import { expect, test } from 'vitest'
import { until } from '../../test/harness.ts'
import { parseEnv } from '../env.ts'
import type { Authenticate } from '../identity/authentication.ts'
import type { Identity } from '../identity/identity.ts'
import { AppError } from '../kit/errors.ts'
import { createWatch } from './watch-identity.ts'

const identity: Identity = { kind: 'API_KEY', id: 'key_1', name: null, roles: ['OPERATOR'], tenantId: null }
const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

/** Returns one result for each look; the last one repeatedly. */
function watching(answers: (Identity | Error | null)[], { everyMs = 50, of = identity } = {}) {
  let looks = 0
  const authenticate: Authenticate = async () => {
    const answer = answers[Math.min(looks++, answers.length - 1)] ?? null
    if (answer instanceof Error) throw answer
    return answer
  }
  const env = parseEnv({
    DATABASE_URL: 'postgresql://x',
    REDIS_URL: 'redis://x',
    SECRET_KEY: Buffer.alloc(32).toString('base64'),
    AUTH_RECHECK_MS: String(everyMs),
  })
  const log = pino({ level: 'silent' })
  let lost = 0
  const stop = createWatch(authenticate, { env, clock: Date.now, random: Math.random, log })({}, of, () => lost++)
  return { stop, looks: () => looks, lost: () => lost }
}

test('an identity stays valid while a server is down, and ends once when it is known to be invalid', async () => {
  const unavailable = new AppError('UNAVAILABLE', 'the issuer does not answer')
  const watch = watching([identity, away, unavailable, new Error('a bug'), identity, null, identity])
  await until('it is lost', () => watch.lost())
  expect([watch.looks(), watch.lost()]).toEqual([6, 1])
})

test.each([
  ['other roles', { ...identity, roles: ['VIEWER' as const] }],
  ['another tenant', { ...identity, tenantId: 'tenant-b' }],
  ['a refusal', new AppError('FORBIDDEN', 'X-Tenant-ID: naming a tenant requires the role OPERATOR')],
])('%s are another identity', async (_what, found) => {
  const watch = watching([found])
  await until('it is lost', () => watch.lost())
  expect(watch.looks()).toBe(1)
})

test('an identity that expires is checked at that time', async () => {
  const of = { ...identity, expiresAt: new Date(Date.now() + 40) }
  const watch = watching([null], { everyMs: 3_600_000, of })
  await until('it is lost', () => watch.lost())
  expect(Date.now()).toBeGreaterThanOrEqual(of.expiresAt.getTime())
})

test('a watcher that has stopped is not notified', async () => {
  const watch = watching([null])
  const other = watching([null])
  watch.stop()
  await until('the other is lost', () => other.lost())
  expect([watch.looks(), watch.lost()]).toEqual([0, 0])
})

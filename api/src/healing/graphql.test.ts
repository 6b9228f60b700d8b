import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestClock, startTestApp, type TestApp, until } from '../../test/harness.ts'
import { subscribe } from '../../test/streams.ts'
import { newId, publicId, uuidFloor } from '../kit/ids.ts'
import { CHANNELS } from '../kit/pubsub.ts'
import { NEW_TARGET, type TargetState } from './decide/state.ts'
import { reconcile } from './read/reconciliation.ts'
import { NEW_RUN } from './targets/memory.ts'

/* The API of auto-heal over rows that a healer has stored. check/ tests the healer itself on a real engine. */
const clock = createTestClock()
let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ clock, env: { OPERATION_TIMEOUT_MS: '8000' } })
})
afterAll(() => app.stop())
beforeEach(async () => {
  await app.sql('TRUNCATE heal_targets, heal_attempts, services, service_instances')
  await healer({ mode: 'heal', docker_status: 'OK', last_check_at: new Date(clock()) })
})

const healer = (columns: Record<string, unknown>) => {
  const names = Object.keys(columns)
  const set = names.map((name, i) => `${name} = $${i + 1}`).join(', ')
  return app.sql(`UPDATE healer SET interval_seconds = 15, ${set}`, Object.values(columns))
}
async function insertTarget(
  container: string,
  state: Partial<TargetState> = {},
  services: string[] = [],
): Promise<string> {
  const id = newId()
  const memory = { state: { ...NEW_TARGET, state: 'HEALTHY', ...state }, run: NEW_RUN }
  await app.sql(
    `INSERT INTO heal_targets (id, container, origin, services, state, memory) VALUES ($1, $2, 'LABEL', $3, $4, $5)`,
    [id, container, services, memory.state.state, JSON.stringify(memory)],
  )
  return id
}
async function insertAttempt(
  container: string,
  outcome: string | null,
  more: { id?: string; targetId?: string } = {},
): Promise<string> {
  const id = more.id ?? newId()
  await app.sql(
    `INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, message, token, log_tail, started_at)
     VALUES ($1, $2, $3, 'restart', 'probe', 'x', $4, 'm', 1, 'password=1', now())`,
    [id, more.targetId ?? newId(), container, outcome],
  )
  return id
}
const autoHeal = async <Fields>(selection: string, as?: Parameters<TestApp['ok']>[2]): Promise<Fields> =>
  (await app.ok<{ autoHeal: Fields }>(`{ autoHeal { ${selection} } }`, {}, as)).autoHeal

describe('autoHeal', () => {
  test('is off and Docker is unknown until a worker checks, and again when none has checked for some time', async () => {
    const read = () => autoHeal('enabled stormBrake docker { name status message }')
    expect(await read()).toEqual({
      enabled: true,
      stormBrake: false,
      docker: { name: 'docker', status: 'OK', message: null },
    })
    await healer({ storm_since: new Date(), docker_status: 'DOWN', docker_message: 'refused' })
    expect(await read()).toEqual({
      enabled: true,
      stormBrake: true,
      docker: { name: 'docker', status: 'DOWN', message: 'refused' },
    })
    await healer({ last_check_at: new Date(clock() - 600_000) })
    expect(await read()).toMatchObject({ enabled: false, stormBrake: false, docker: { status: 'UNKNOWN' } })
    await healer({ last_check_at: null, mode: 'off', storm_since: null })
    expect(await read()).toMatchObject({
      enabled: false,
      docker: { status: 'UNKNOWN', message: expect.stringContaining('AUTOHEAL_MODE') },
    })
  })

  test('has a history, newest first, paged and filtered, without attempts that are in progress', async () => {
    const targetId = newId()
    const old = await insertAttempt('a', 'FAILED', { id: uuidFloor(clock() - 7_200_000) })
    const first = await insertAttempt('a', 'SUCCEEDED', { targetId })
    await insertAttempt('a', null)
    const second = await insertAttempt('b', 'SUPPRESSED')
    const ids = async (args: string) => {
      const { history } = await autoHeal<{ history: { nodes: { id: string }[]; totalCount: number } }>(
        `history${args} { totalCount nodes { id } }`,
      )
      return [history.totalCount, ...history.nodes.map(({ id }) => id)]
    }
    const shown = (...uuids: string[]) => uuids.map((uuid) => publicId('heal', uuid))
    expect(await ids('')).toEqual([3, ...shown(second, first, old)])
    expect(await ids('(first: 1)')).toEqual([3, ...shown(second)])
    expect(await ids('(filter: { containers: ["a"] })')).toEqual([2, ...shown(first, old)])
    expect(await ids('(filter: { outcomes: [SUPPRESSED] })')).toEqual([1, ...shown(second)])
    expect(await ids('(filter: { window: LAST_1H })')).toEqual([2, ...shown(second, first)])
    expect(await ids(`(filter: { targetId: "${publicId('tgt', targetId)}" })`)).toEqual([1, ...shown(first)])
    expect(await app.fails('{ autoHeal { history(filter: { targetId: "tgt_1" }) { totalCount } } }')).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['filter', 'targetId'],
    })
  })

  test('has statistics of the attempts', async () => {
    for (const [container, outcome] of [
      ['a', 'SUCCEEDED'],
      ['a', 'FAILED'],
      ['b', 'SUCCEEDED'],
      ['b', 'SUPPRESSED'],
      ['c', null],
    ] as const)
      await insertAttempt(container, outcome)
    await insertAttempt('old', 'FAILED', { id: uuidFloor(clock() - 7_200_000) })
    const selection = '{ totalAttempts successful failed successRate mostHealed services { name count } }'
    expect(await autoHeal(`stats(window: LAST_1H) ${selection} all: stats { totalAttempts }`)).toEqual({
      stats: {
        totalAttempts: 3,
        successful: 2,
        failed: 1,
        successRate: 2 / 3,
        mostHealed: 'a',
        services: [
          { name: 'a', count: 2 },
          { name: 'b', count: 1 },
        ],
      },
      all: { totalAttempts: 4 },
    })
    await app.sql('TRUNCATE heal_attempts')
    expect(await autoHeal(`stats ${selection}`)).toEqual({
      stats: { totalAttempts: 0, successful: 0, failed: 0, successRate: 0, mostHealed: null, services: [] },
    })
  })

  test('shows logs only to operators, and nothing to a tenant', async () => {
    const target = await insertTarget('a')
    const attempt = await insertAttempt('a', 'FAILED', { targetId: target })
    const selection =
      'docker { message } targets { id } history { totalCount nodes { logTail } } stats { totalAttempts } reconciliation { monitored }'
    expect(await autoHeal(selection, { as: { role: 'OPERATOR' } })).toMatchObject({
      history: { nodes: [{ logTail: 'password=1' }] },
    })
    expect(await autoHeal(selection, { as: { role: 'VIEWER' } })).toMatchObject({
      history: { nodes: [{ logTail: null }] },
    })
    const tenant = { as: { role: 'ADMIN' as const, tenantId: 'tenant-a' } }
    expect(await autoHeal(selection, tenant)).toEqual({
      docker: { message: null },
      targets: [],
      history: { totalCount: 0, nodes: [] },
      stats: { totalAttempts: 0 },
      reconciliation: { monitored: [] },
    })
    const nodes = `{ nodes(ids: ["${publicId('tgt', target)}", "${publicId('heal', attempt)}"]) { __typename } }`
    expect(await app.ok(nodes, {}, tenant)).toEqual({ nodes: [null, null] })
    expect(await app.ok(nodes)).toEqual({ nodes: [{ __typename: 'HealTarget' }, { __typename: 'HealAttempt' }] })
    for (const mutation of ['healNow', 'setHealMaintenance', 'releaseHealTarget']) {
      const operation = `mutation { ${mutation}(targetId: "${publicId('tgt', target)}") { __typename } }`
      expect(await app.fails(operation, {}, tenant)).toMatchObject({ code: 'FORBIDDEN' })
      expect(await app.fails(operation, {}, { as: { role: 'AGENT' } })).toMatchObject({ code: 'FORBIDDEN' })
    }
  })
})

describe('healNow', () => {
  const heal = (id: string) =>
    `mutation { healNow(targetId: "${publicId('tgt', id)}") { attempt { outcome message } } }`
  const attemptOf = (targetId: string) =>
    until(
      'the request',
      async () => (await app.sql<{ id: string }>('SELECT id FROM heal_attempts WHERE target_id = $1', [targetId]))[0],
    )

  test('sends a request to the healer and returns the result', async () => {
    const id = await insertTarget('a')
    const answer = app.ok(heal(id))
    const attempt = await attemptOf(id)
    expect(await app.fails(heal(id))).toMatchObject({ code: 'CONFLICT' })
    await app.sql(`UPDATE heal_attempts SET token = 1, outcome = 'FAILED', message = 'no' WHERE id = $1`, [attempt.id])
    expect(await answer).toEqual({ healNow: { attempt: { outcome: 'FAILED', message: 'no' } } })
  })

  test('is withdrawn if no worker accepts it, and continues if it is only slow', async () => {
    const [ignored, slow] = [await insertTarget('ignored'), await insertTarget('slow')]
    const taken = app.fails(heal(slow))
    const attempt = await attemptOf(slow)
    await app.sql('UPDATE heal_attempts SET token = 1 WHERE id = $1', [attempt.id])
    const withdrawn = await app.fails(heal(ignored))
    expect(withdrawn).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('withdrawn') })
    expect(await taken).toMatchObject({ code: 'UNAVAILABLE', extensions: { attemptId: publicId('heal', attempt.id) } })
    expect(await app.sql('SELECT container, outcome FROM heal_attempts ORDER BY container')).toEqual([
      { container: 'ignored', outcome: 'SUPPRESSED' },
      { container: 'slow', outcome: null },
    ])
  })

  test('is refused while Docker cannot be reached, and for an unknown target', async () => {
    expect(await app.fails(heal(newId()))).toMatchObject({ code: 'NOT_FOUND' })
    const id = await insertTarget('a')
    await healer({ docker_status: 'DOWN', docker_message: 'connection refused' })
    expect(await app.fails(heal(id))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('connection refused'),
    })
    expect(await app.sql('SELECT FROM heal_attempts')).toEqual([])
  })
})

test('maintenance is set until a time in the future, and ended', async () => {
  const id = await insertTarget('a')
  const SET = `mutation ($until: DateTime) { setHealMaintenance(targetId: "${publicId('tgt', id)}", until: $until) { target { state maintenanceUntil lastError } } }`
  const until_ = new Date(Math.floor(clock()) + 60_000).toISOString()
  expect(await app.ok(SET, { until: until_ })).toEqual({
    setHealMaintenance: { target: { state: 'MAINTENANCE', maintenanceUntil: until_, lastError: 'in maintenance' } },
  })
  for (const wrong of [clock() - 1_000, clock() + 31 * 86_400_000])
    expect(await app.fails(SET, { until: new Date(wrong) })).toMatchObject({ code: 'BAD_USER_INPUT', path: ['until'] })
  expect(await app.ok(SET, { until: null })).toMatchObject({
    setHealMaintenance: { target: { state: 'STARTING', maintenanceUntil: null } },
  })
})

test('a target is released from GIVEN_UP and FLAPPING only', async () => {
  const release = (id: string) =>
    `mutation { releaseHealTarget(targetId: "${publicId('tgt', id)}") { target { state restartsInWindow } } }`
  const flapping = await insertTarget('a', { state: 'FLAPPING', falls: [1, 2, 3], restarts: [clock()], streak: 3 })
  expect(await app.ok(release(flapping))).toEqual({
    releaseHealTarget: { target: { state: 'UNHEALTHY', restartsInWindow: 0 } },
  })
  expect(await app.fails(release(flapping))).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('UNHEALTHY'),
  })
  expect(await app.fails(release(newId()))).toMatchObject({ code: 'NOT_FOUND' })
})

test('a subscription sends attempts when they end', async () => {
  const stream = await subscribe<{ healAttempts: { container: string } }>(
    app,
    'subscription { healAttempts { container outcome } }',
  )
  const ids = [await insertAttempt('a', 'FAILED'), await insertAttempt('b', 'SUCCEEDED')]
  await until('both', () => {
    app.core.pubsub.publish(CHANNELS.healAttempts, ids.join(','))
    return stream.results.length >= 2
  })
  expect(stream.results.slice(0, 2).map(({ healAttempts }) => healAttempts)).toEqual([
    { container: 'a', outcome: 'FAILED' },
    { container: 'b', outcome: 'SUCCEEDED' },
  ])
  await stream.stop()
})

test('reconciliation compares the services that run in containers', () => {
  const registered = [{ name: 'crm' }, { name: 'remote' }]
  const watched = [
    { container: 'shop-crm-1', services: ['crm'] },
    { container: 'redis', services: [] },
    { container: 'left', services: ['gone'] },
  ]
  expect(reconcile(registered, watched)).toEqual({
    registered: ['crm', 'remote'],
    monitored: ['crm', 'left', 'redis'],
    registeredOnly: ['remote'],
    monitoredOnly: ['left', 'redis'],
  })
})

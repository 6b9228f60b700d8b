import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Alerting, createAlerting } from '../src/alerts/alerting.ts'
import { ensureDefaultRules } from '../src/alerts/self-watching/default-rules.ts'
import { ensureBuiltinTypes } from '../src/events/catalogue/builtin-types.ts'
import { alertsOf } from './features/alerts.ts'
import { CRASHING, crash, HEALTH, SERVICE } from './features/containers.ts'
import { eventually, type HealingApp, startHealingApp } from './features/healing.ts'
import { startTestEngine, type TestEngine } from './servers/docker.ts'

/*
 * Auto-heal beside other features, on a real Docker engine: the default alert rules that count its events, and the
 * registered services that it watches. The tests make the checks.
 */
const started = await startTestEngine()
const engine = started as TestEngine
const isMissing = 'reason' in started

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe.skipIf(isMissing)('auto-heal', { timeout: 120_000 }, () => {
  let healing: HealingApp
  let alerting: Alerting
  beforeAll(async () => {
    healing = await startHealingApp(engine, { AUTOHEAL_MAX_RESTARTS: '1' })
    await ensureBuiltinTypes(healing.app.core.db)
    await ensureDefaultRules(healing.app.core)
    alerting = createAlerting(healing.app.core, healing.app.pipeline.publishInTransaction)
  }, 60_000)
  afterEach(async () => {
    await engine.clear()
    await healing.renew()
  })
  afterAll(async () => {
    await alerting?.stop()
    await healing?.stop()
    await engine.close()
  }, 60_000)

  /** Runs a container that exits at once. */
  const runBroken = async (name: string) => (await engine.run(name, { script: 'exit 3' })).wait()
  /** The open alerts after a check at a later time, by the name of their rule. */
  const checkAfter = async (ms: number) => {
    healing.clock.advance(ms)
    await healing.healer.check('interval')
    return evaluate()
  }
  const evaluate = async () => {
    await alerting.once()
    const open = await alertsOf(healing.app, { statuses: ['FIRING'] }, { role: 'ADMIN' })
    return open.map(({ id, group, rule }) => ({ id, group, rule: rule.name }))
  }

  test('has an open alert while a storm lasts', async () => {
    await Promise.all(['storm-a', 'storm-b', 'storm-c'].map(runBroken))
    const first = await checkAfter(MINUTE)
    expect(first).toMatchObject([{ rule: 'Auto-heal storm' }])
    for (let minutes = 5; minutes <= 30; minutes += 5) expect(await checkAfter(5 * MINUTE)).toEqual(first)
    await engine.clear()
    expect(await checkAfter(MINUTE)).toEqual(first)
    expect(await checkAfter(15 * MINUTE)).toEqual([])
  })

  test('has an open alert about each container that was given up, while it is down', async () => {
    await runBroken('hopeless')
    await checkAfter(MINUTE)
    await healing.reaches('hopeless', 'GIVEN_UP')
    const first = await evaluate()
    expect(first).toMatchObject([{ rule: 'Auto-heal gave up', group: { subject: 'hopeless' } }])
    for (let hours = 1; hours <= 5; hours++) expect(await checkAfter(HOUR)).toEqual(first)
    await engine.clear()
    expect(await checkAfter(HOUR)).toEqual(first)
    expect(await checkAfter(HOUR)).toEqual([])
  })

  test('loses no event if its publishing fails once', async () => {
    const { app } = healing
    await app.sql('CREATE SEQUENCE refusals')
    await app.sql(`CREATE FUNCTION refuse_once() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('refusals') = 1 THEN RAISE EXCEPTION 'no space left on device'; END IF; RETURN NEW; END $$`)
    await app.sql(`CREATE TRIGGER refuse_once BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.type = 'autoheal.given_up')
      EXECUTE FUNCTION refuse_once()`)
    try {
      await runBroken('refused')
      await eventually('the event was refused once and then stored', async () => {
        healing.clock.advance(MINUTE)
        await healing.healer.check('interval').catch(() => undefined)
        const [refusals] = await app.sql<{ last_value: string }>('SELECT last_value FROM refusals WHERE is_called')
        return refusals?.last_value === '2'
      })
    } finally {
      await app.sql('DROP TRIGGER refuse_once ON events')
    }
    expect(await healing.target('refused')).toMatchObject({ state: 'GIVEN_UP' })
    expect(await healing.events('refused')).toEqual(['autoheal.attempted', 'autoheal.failed', 'autoheal.given_up'])
    expect(await healing.attempts('refused')).toHaveLength(1)
  })

  test('restarts a container even if the schema of an event type refuses its events', async () => {
    const { app } = healing
    const declare = (schema: object) =>
      app.ok(
        'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { __typename } }',
        { input: { name: 'autoheal.attempted', description: 'A restart.', schema } },
        { as: { role: 'ADMIN' } },
      )
    await declare({ type: 'object', required: ['ticket'] })
    try {
      await runBroken('strict')
      await checkAfter(MINUTE)
      await eventually('it is restarted', async () => (await healing.attempts('strict')).length === 1)
      expect(await healing.events('strict')).not.toContain('autoheal.attempted')
    } finally {
      await declare({ type: 'object' })
    }
  })

  test('watches the container of a registered service', async () => {
    healing.loop.start()
    await engine.run('aether-crm', { script: SERVICE, health: HEALTH, watched: false })
    await engine.run('other', { script: SERVICE, watched: false })
    await healing.app.ok(
      'mutation { a: registerService(input: { name: "aether-crm", url: "x://a", healthUrl: "", ttlSeconds: 3600 }) { created } b: registerService(input: { name: "remote", url: "x://b", healthUrl: "", ttlSeconds: 3600 }) { created } }',
    )
    await healing.check()
    expect(await healing.reaches('aether-crm', 'HEALTHY')).toMatchObject({
      origin: 'REGISTRY',
      services: ['aether-crm'],
    })
    expect(await healing.target('other')).toBeUndefined()
    expect(
      await healing.app.ok(
        '{ autoHeal { reconciliation { registered monitored registeredOnly monitoredOnly } } services { nodes { name monitored } } }',
      ),
    ).toEqual({
      autoHeal: {
        reconciliation: {
          registered: ['aether-crm', 'remote'],
          monitored: ['aether-crm'],
          registeredOnly: ['remote'],
          monitoredOnly: [],
        },
      },
      services: {
        nodes: [
          { name: 'remote', monitored: false },
          { name: 'aether-crm', monitored: true },
        ],
      },
    })
    await healing.app.sql('TRUNCATE services, service_instances')
  })

  test('keeps registered services while the registry cannot be read, and leaves them alone once they are unregistered', async () => {
    const { app } = healing
    await engine.run('leaver', { script: CRASHING, watched: false })
    await engine.run('follower', { script: CRASHING, labels: { 'aetherlink.autoheal.depends-on': 'leaver' } })
    await app.ok(
      'mutation { registerService(input: { name: "leaver", url: "x://a", healthUrl: "", ttlSeconds: 36000 }) { created } }',
    )
    await healing.check()
    const watched = { state: 'HEALTHY', origin: 'REGISTRY', services: ['leaver'] }
    const { id } = (await healing.target('leaver'))!
    expect(await healing.target('leaver')).toMatchObject(watched)
    await app.sql('ALTER TABLE services RENAME TO services_away')
    try {
      await healing.check()
      await healing.check()
    } finally {
      await app.sql('ALTER TABLE services_away RENAME TO services')
    }
    expect(await healing.target('leaver')).toMatchObject(watched)

    await app.ok('mutation { unregisterService(name: "leaver") { deletedId } }')
    await healing.check()
    const left = { state: 'MAINTENANCE', lastError: expect.stringContaining('no longer watched') }
    expect(await healing.target('leaver')).toMatchObject(left)
    await crash(engine, 'leaver')
    await crash(engine, 'follower')
    await healing.check()
    expect(await healing.target('follower')).toMatchObject({ state: 'HEALING' })
    await healing.check()
    expect(await healing.target('leaver')).toMatchObject(left)
    expect(await healing.attempts('leaver')).toEqual([])

    healing.healer.start()
    const { healNow } = await app.ok<{ healNow: { attempt: object } }>(
      `mutation { healNow(targetId: "${id}") { attempt { outcome action } } }`,
    )
    expect(healNow.attempt).toEqual({ outcome: 'SUCCEEDED', action: 'start' })
    await engine.docker.getContainer('leaver').remove({ force: true })
    await healing.reaches('leaver', 'MISSING')
  })
})

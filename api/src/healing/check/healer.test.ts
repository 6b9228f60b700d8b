import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../../../ops/lib/processes/ports.mjs'
import { DEAF, execute, HEALTH, SERVICE, startedAt, touch } from '../../../test/features/containers.ts'
import { eventually, type HealingApp, startHealingApp } from '../../../test/features/healing.ts'
import { startTestEngine, type TestEngine } from '../../../test/servers/docker.ts'

/*
 * Auto-heal on a real Docker engine. Docker's events drive it as in production; the tests make the regular checks and
 * set the clock forward.
 */
const started = await startTestEngine()
const engine = started as TestEngine
const isMissing = 'reason' in started

describe.skipIf(isMissing)('auto-heal', { timeout: 120_000 }, () => {
  let healing: HealingApp
  beforeAll(async () => {
    healing = await startHealingApp(engine)
  }, 60_000)
  beforeEach(() => healing.loop.start())
  afterEach(async () => {
    await engine.clear()
    // The clock's lead keeps targets from sharing a window.
    healing.clock.advance(3_600_000)
    await healing.renew()
  })
  afterAll(async () => {
    await healing?.stop()
    await engine.close()
  }, 60_000)

  test('restarts an unhealthy container, stores the evidence, and checks again after five minutes', async () => {
    const container = await engine.run('crm', { script: SERVICE, health: HEALTH })
    await healing.reaches('crm', 'HEALTHY')
    const before = await startedAt(container)
    await touch(container, '/tmp/sick')
    const [attempt] = await eventually('healed', async () => {
      const ended = await healing.attempts('crm')
      return ended.length > 0 && ended
    })
    expect(attempt).toMatchObject({
      action: 'restart',
      trigger: 'docker-health',
      outcome: 'SUCCEEDED',
      exitCode: null,
      oomKilled: false,
      logTail: 'it is up\n',
      stillHealthyAfter: null,
    })
    expect(await startedAt(container)).not.toBe(before)
    expect(await healing.reaches('crm', 'HEALTHY')).toMatchObject({ origin: 'LABEL', restartsInWindow: 1 })
    expect(await healing.events('crm')).toEqual(['autoheal.attempted', 'autoheal.succeeded'])
    healing.clock.advance(300_000)
    await healing.check()
    expect((await healing.attempts('crm'))[0]).toMatchObject({ stillHealthyAfter: true })
  })

  test('restarts a container whose health URL fails, after as many checks as the threshold requires', async () => {
    const port = await freePort()
    const page = `mkdir -p /tmp/www; echo ok > /tmp/www/ping; httpd -p 127.0.0.1:${port} -h /tmp/www; ${SERVICE}`
    const labels = { 'aetherlink.autoheal.health-url': `http://127.0.0.1:${port}/ping` }
    const container = await engine.run('web', { script: page, labels, hostNetwork: true })
    await healing.check()
    await healing.reaches('web', 'HEALTHY')
    await execute(container, 'rm /tmp/www/ping')
    await healing.check()
    await healing.check()
    expect(await healing.target('web')).toMatchObject({ state: 'UNHEALTHY', lastError: expect.stringContaining('404') })
    expect(await healing.attempts('web')).toEqual([])
    await healing.check()
    const [attempt] = await eventually('healed', async () => {
      const ended = await healing.attempts('web')
      return ended.length > 0 && ended
    })
    expect(attempt).toMatchObject({ trigger: 'probe', outcome: 'SUCCEEDED' })
  })

  test('does not restart a container whose health URL the worker may not or cannot request, and gives the reason', async () => {
    const run = (name: string, url: string) =>
      engine.run(name, { script: SERVICE, labels: { 'aetherlink.autoheal.health-url': url } })
    const containers = await Promise.all([
      run('private', 'http://10.255.255.1:8000/ping'),
      run('nameless', 'http://nameless.invalid:8000/ping'),
    ])
    const before = await Promise.all(containers.map(startedAt))
    for (let i = 0; i < 5; i++) await healing.check()
    expect(await healing.target('private')).toMatchObject({
      state: 'HEALTHY',
      lastError: expect.stringContaining('PROBE_ALLOWED_CIDRS'),
    })
    expect(await healing.target('nameless')).toMatchObject({
      state: 'HEALTHY',
      lastError: expect.stringContaining('its health URL cannot be requested: '),
    })
    expect(await healing.attempts()).toEqual([])
    expect(await Promise.all(containers.map(startedAt))).toEqual(before)
  })

  test('starts a container that exited or ran out of memory, and stores its exit code and the end of its log', async () => {
    const [crashed, hungry] = await Promise.all([
      engine.run('crashed', { script: SERVICE }),
      engine.run('hungry', { script: SERVICE, memoryMiB: 16 }),
    ])
    await healing.settle(['crashed', 'hungry'])
    await touch(crashed, '/tmp/crash')
    await touch(hungry, '/tmp/eat')
    await healing.healed('crashed', 1)
    await healing.healed('hungry', 1)
    expect(await healing.attempts('crashed')).toMatchObject([
      {
        action: 'start',
        trigger: 'exited',
        outcome: 'SUCCEEDED',
        exitCode: 3,
        oomKilled: false,
        logTail: 'it is up\nit crashes\n',
      },
    ])
    expect(await healing.attempts('hungry')).toMatchObject([
      { action: 'start', trigger: 'oom-killed', outcome: 'SUCCEEDED', exitCode: 137, oomKilled: true },
    ])
  })

  test('heals others while one container does not stop', async () => {
    const [deaf, quick] = await Promise.all([
      engine.run('deaf', { script: DEAF, health: HEALTH, labels: { 'aetherlink.autoheal.stop-timeout': '4' } }),
      engine.run('quick', { script: SERVICE, health: HEALTH }),
      engine.run('bystander', { script: SERVICE }),
    ])
    await healing.reaches('deaf', 'HEALTHY')
    await healing.reaches('quick', 'HEALTHY')
    await touch(deaf, '/tmp/sick')
    await healing.reaches('deaf', 'HEALING')
    await touch(quick, '/tmp/sick')
    await eventually('the quick one', async () => (await healing.attempts('quick')).length > 0)
    expect(await healing.attempts('deaf')).toEqual([])
    const [attempt] = await eventually('the deaf one', async () => {
      const ended = await healing.attempts('deaf')
      return ended.length > 0 && ended
    })
    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED' })
  })

  test('fails when the container is removed meanwhile, and works on a container that is created again', async () => {
    const labels = { 'aetherlink.autoheal.stop-timeout': '30' }
    const container = await engine.run('gone', { script: DEAF, health: HEALTH, labels })
    await healing.reaches('gone', 'HEALTHY')
    await touch(container, '/tmp/sick')
    await eventually(
      'Docker is asked',
      async () => (await healing.app.sql('SELECT FROM heal_attempts WHERE sent_at IS NOT NULL')).length > 0,
    )
    await container.remove({ force: true })
    await healing.reaches('gone', 'MISSING')
    expect(await healing.attempts('gone')).toMatchObject([
      { outcome: 'FAILED', message: expect.stringContaining('removed meanwhile') },
    ])
    expect(await healing.events('gone')).toEqual(['autoheal.attempted', 'autoheal.failed'])
    await engine.run('gone', { script: SERVICE, health: HEALTH })
    await healing.reaches('gone', 'HEALTHY')
  })

  test('does not restart containers that were stopped, killed or paused by a user', async () => {
    const [stopped, killed, paused] = await Promise.all([
      engine.run('stopped', { script: SERVICE }),
      engine.run('killed', { script: SERVICE }),
      engine.run('paused', { script: SERVICE }),
    ])
    await healing.settle(['stopped', 'killed', 'paused'])
    await Promise.all([stopped.stop(), killed.kill(), paused.pause()])
    expect(await healing.reaches('stopped', 'MAINTENANCE')).toMatchObject({ lastError: 'stopped by a user' })
    expect(await healing.reaches('killed', 'MAINTENANCE')).toMatchObject({ lastError: 'stopped by a user' })
    expect(await healing.reaches('paused', 'MAINTENANCE')).toMatchObject({ lastError: 'paused by a user' })
    await healing.check()
    // Another worker has not received the event. It uses the stored cause.
    healing.clock.advance(20_000)
    await (await healing.another()).healer!.check('interval')
    expect(await healing.attempts()).toEqual([])
    expect((await stopped.inspect()).State.Running).toBe(false)
    await Promise.all([stopped.start(), paused.unpause()])
    await healing.settle(['stopped', 'paused'])
  })

  test('stops restarting a container that fails repeatedly, until a user releases it', async () => {
    const container = await engine.run('flappy', { script: SERVICE })
    await healing.settle(['flappy'])
    for (let i = 0; i < 3; i++) {
      await touch(container, '/tmp/crash')
      await healing.healed('flappy', i + 1)
      healing.clock.advance(120_000)
    }
    await touch(container, '/tmp/crash')
    const target = await healing.reaches('flappy', 'FLAPPING')
    expect(await healing.attempts('flappy')).toHaveLength(3)
    await healing.check()
    expect(await healing.events('flappy')).toEqual([
      ...Array(3).fill(['autoheal.attempted', 'autoheal.succeeded']).flat(),
      'autoheal.flapping',
    ])
    await healing.app.ok(`mutation { releaseHealTarget(targetId: "${target.id}") { target { state } } }`)
    await healing.healed('flappy', 4)
  })

  test('backs off from a container that no restart helps, and gives it up', async () => {
    await engine.run('hopeless', { script: 'echo "no"; sleep 0.2; exit 1' })
    await healing.reaches('hopeless', 'BACKING_OFF')
    for (let i = 0; i < 8 && (await healing.target('hopeless'))?.state !== 'GIVEN_UP'; i++) {
      healing.clock.advance(310_000)
      await healing.healer.check('interval')
      await eventually('an end', async () => (await healing.target('hopeless'))?.state !== 'HEALING')
    }
    expect(await healing.target('hopeless')).toMatchObject({ state: 'GIVEN_UP', restartsInWindow: 5 })
    const attempts = await healing.attempts('hopeless')
    expect(attempts).toHaveLength(5)
    expect(attempts.every(({ outcome, logTail }) => outcome === 'FAILED' && logTail?.startsWith('no\n'))).toBe(true)
    expect((await healing.events('hopeless')).at(-1)).toBe('autoheal.given_up')
  })

  test('makes one restart, even if several workers receive the event', async () => {
    const others = await Promise.all([healing.another(), healing.another()])
    for (const { healer } of others) healer!.start()
    const container = await engine.run('shared', { script: SERVICE, health: HEALTH })
    await healing.reaches('shared', 'HEALTHY')
    await touch(container, '/tmp/sick')
    await eventually('healed', async () => (await healing.attempts('shared')).length > 0)
    await healing.check()
    expect(await healing.attempts('shared')).toHaveLength(1)
    expect(await healing.events('shared')).toEqual(['autoheal.attempted', 'autoheal.succeeded'])
    await Promise.all(others.map((other) => other.stop(5_000)))
  })

  test('is made at once when a person requests it, in any state of the container', async () => {
    const container = await engine.run('asked', { script: SERVICE, health: HEALTH })
    const { id } = await healing.reaches('asked', 'HEALTHY')
    await container.stop()
    await healing.reaches('asked', 'MAINTENANCE')
    await healing.check()
    const { healNow } = await healing.app.ok<{ healNow: { attempt: object } }>(
      `mutation { healNow(targetId: "${id}") { attempt { outcome trigger action container reason } } }`,
    )
    expect(healNow.attempt).toEqual({
      outcome: 'SUCCEEDED',
      trigger: 'manual',
      action: 'start',
      container: 'asked',
      reason: 'requested by test ADMIN',
    })
    const until_ = new Date(healing.clock() + 600_000).toISOString()
    await healing.app.ok(`mutation { setHealMaintenance(targetId: "${id}", until: "${until_}") { target { state } } }`)
    await touch(container, '/tmp/sick')
    await eventually('unhealthy', async () => (await container.inspect()).State.Health?.Status === 'unhealthy')
    await healing.check()
    expect(await healing.target('asked')).toMatchObject({ state: 'MAINTENANCE' })
    expect(await healing.attempts('asked')).toHaveLength(1)
    await healing.app.ok(`mutation { setHealMaintenance(targetId: "${id}", until: null) { target { state } } }`)
    await eventually('healed after it', async () => (await healing.attempts('asked')).length === 2)
  })
})

test.runIf(isMissing)('auto-heal on a real engine was not tested: no engine can run here', (context) => {
  context.skip('reason' in started ? started.reason : undefined)
})

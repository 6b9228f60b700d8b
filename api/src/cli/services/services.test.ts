import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUILD_MS, type Cli, startCli, TIMEOUT_MS } from '../../../test/features/cli.ts'
import { newId } from '../../kit/ids.ts'

let cli: Cli
beforeAll(async () => {
  cli = await startCli()
}, BUILD_MS)
afterAll(() => cli.close())

const refused = (stderr: string, code = 2) => ({ code, stdout: '', stderr: expect.stringContaining(stderr) })

test(
  'a service is registered, sends heartbeats and is unregistered; each wrong input is named',
  async () => {
    const heartbeat = ['services', 'heartbeat', 'backup']
    expect(await cli.run(heartbeat)).toMatchObject(refused('NOT_FOUND', 3))
    const unwatched = ['services', 'register', 'backup', 'job://backup', '--no-health-url']
    const register = [...unwatched, '--ttl-seconds', '86400']
    expect(await cli.run(unwatched)).toMatchObject(refused('input.ttlSeconds: is missing'))
    expect(await cli.run(register, { as: { role: 'OPERATOR', tenantId: 'tenant-acme' } })).toMatchObject(
      refused('FORBIDDEN', 4),
    )
    const particulars = [
      '--service-version',
      '1.4.0',
      '--owner',
      'infra',
      '--tags',
      'nightly,db',
      '--depends-on',
      'postgres',
    ]
    expect(await cli.json([...register, ...particulars])).toMatchObject({
      created: true,
      service: {
        name: 'backup',
        url: 'job://backup',
        healthUrl: '',
        version: '1.4.0',
        owner: 'infra',
        tags: ['nightly', 'db'],
        dependsOn: ['postgres'],
        ttlSeconds: 86_400,
        status: 'OK',
      },
    })
    expect(await cli.json(['services', 'register', 'backup', 'http://backup:80'])).toMatchObject({
      created: false,
      service: { healthUrl: 'http://backup:80/ping', version: null, ttlSeconds: null },
    })
    expect(await cli.run(register)).toMatchObject({ code: 0, stdout: 'backup: registered before, now updated; OK\n' })

    const degraded = [
      ...heartbeat,
      '--status',
      'degraded',
      '--message',
      'the disk is nearly full',
      '--instance',
      'host:7',
    ]
    expect(await cli.run(degraded)).toMatchObject({
      code: 0,
      stdout: 'backup: DEGRADED; it reported DEGRADED: the disk is nearly full\n',
    })
    expect(await cli.json(['services', 'list'])).toMatchObject({ nodes: [{ name: 'backup', status: 'DEGRADED' }] })
    expect(await cli.json(heartbeat)).toMatchObject({ name: 'backup', status: 'OK' })

    expect(await cli.run(['services', 'unregister', 'backup', 'backup'])).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/^backup: unregistered\nbackup NOT_FOUND: /),
    })
    expect(await cli.json(['services', 'list'])).toMatchObject({ nodes: [] })
  },
  TIMEOUT_MS,
)

test(
  'registered services are compared with watched containers, and maintenance ends at an instant',
  async () => {
    for (const name of ['shop', 'mailer']) await cli.json(['services', 'register', name, `http://${name}`])
    for (const container of ['shop', 'cache'])
      await cli.app.sql(
        `INSERT INTO heal_targets (id, container, origin, state, memory) VALUES ($1, $2, 'LABEL', $3, '{}')`,
        [newId(), container, 'HEALTHY'],
      )
    const { stdout, stderr, code } = await cli.run(['services', 'reconcile'])
    expect(stdout.split('\n').map((line) => line.split(/ +/))).toEqual([
      ['NAME', 'REGISTERED', 'WATCHED'],
      ['mailer', 'yes', 'no'],
      ['cache', 'no', 'yes'],
      ['shop', 'yes', 'yes'],
      [''],
    ])
    expect({ stderr, code }).toEqual({ stderr: 'auto-heal is off: no worker watches containers\n', code: 0 })
    const strict = await cli.run(['services', 'reconcile', '--strict', '--json'])
    expect(strict.code).toBe(1)
    expect(JSON.parse(strict.stdout)).toEqual({
      enabled: false,
      registered: ['mailer', 'shop'],
      monitored: ['cache', 'shop'],
      registeredOnly: ['mailer'],
      monitoredOnly: ['cache'],
    })

    const until = new Date(Date.now() + 3_600_000).toISOString()
    const maintenance = ['heal', 'maintenance', 'cache']
    expect(await cli.json([...maintenance, '--until', until])).toMatchObject({
      container: 'cache',
      state: 'MAINTENANCE',
      maintenanceUntil: until,
    })
    expect(await cli.run([...maintenance, '--until', until, '--for', '1h'])).toMatchObject(refused('exactly one of'))
    expect(await cli.run([...maintenance, '--until', '2020-01-01T00:00:00Z'])).toMatchObject(
      refused('until: is 2020-01-01'),
    )
    expect(await cli.json([...maintenance, '--end'])).toMatchObject({ maintenanceUntil: null })
    await cli.app.sql('DELETE FROM heal_targets')
  },
  TIMEOUT_MS,
)

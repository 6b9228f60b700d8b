import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRule, publishMany } from '../../test/features/alerts.ts'
import { BUILD_MS, type Cli, startCli, TIMEOUT_MS } from '../../test/features/cli.ts'
import { ensurePartitions, seedEvents } from '../../test/features/retention.ts'
import { until } from '../../test/harness.ts'
import { NEW_TARGET } from '../healing/decide/state.ts'
import { NEW_RUN } from '../healing/targets/memory.ts'
import { newId, publicId } from '../kit/ids.ts'

let cli: Cli
beforeAll(async () => {
  cli = await startCli({ worker: true, env: { PROBE_ALLOWED_CIDRS: '127.0.0.0/8' } })
}, BUILD_MS)
afterAll(() => cli.close())

test(
  'a rule is previewed, disabled and enabled; its alert is acknowledged, silenced and resolved',
  async () => {
    const ruleId = await makeRule(cli.app)
    await publishMany(cli.app, 3)
    const preview = ['rules', 'preview', ruleId]
    expect(await cli.json(preview)).toMatchObject({ matched: 3, wouldFire: 1 })
    expect(await cli.json([...preview, '--threshold', '4'])).toMatchObject({ matched: 3, wouldFire: 0 })
    expect(await cli.run(['rules', 'preview', '--event-type', 'job.*'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--threshold'),
    })

    const filter = ['alerts', 'list', '--rule-id', ruleId, '--statuses', 'firing']
    interface Alerts {
      nodes: { id: string }[]
    }
    await until('the alert', async () => (await cli.json<Alerts>(filter)).nodes.length === 1, 30_000)
    const [alert] = (await cli.json<Alerts>(filter)).nodes
    const { id } = alert!
    expect(await cli.run(['alerts', 'ack', id, '--note', 'on it'])).toMatchObject({
      code: 0,
      stdout: `${id} too many failures: ACKNOWLEDGED\n`,
    })
    expect(await cli.json(['alerts', 'silence', id, '--for', '2h', '--reason', 'upgrade'])).toMatchObject({
      matchers: { rule: ruleId },
      tenantId: 'tenant-acme',
      matching: 1,
    })
    expect(await cli.run(['alerts', 'silence', id, '--for', 'soon', '--reason', 'upgrade'])).toMatchObject({ code: 2 })
    expect(await cli.json(['alerts', 'resolve', id])).toMatchObject({ status: 'RESOLVED' })
    const shown = await cli.run(['alerts', 'get', id])
    expect(shown.stdout).toContain('on it')

    expect((await cli.run(['rules', 'disable', ruleId])).stdout).toBe(`${ruleId} too many failures: disabled\n`)
    expect(await cli.json<Alerts>(['rules', 'list', '--enabled', 'false'])).toMatchObject({ nodes: [{ id: ruleId }] })
    expect(await cli.json(['rules', 'enable', ruleId])).toMatchObject({ enabled: true })
  },
  TIMEOUT_MS,
)

test(
  'a dry run of pruning counts the rows that pruning then deletes',
  async () => {
    await ensurePartitions(cli.app, 45)
    await seedEvents(cli.app, { tenant: 'tenant-old', daysAgo: 40, count: 12 })
    expect(await cli.json(['retention', 'show'])).toMatchObject({ globalDefaultDays: 30, archiveEnabled: false })
    const dry = await cli.run(['retention', 'prune', '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('12 would be pruned') })
    expect(await cli.json(['retention', 'prune'])).toMatchObject({ dryRun: false, totalPruned: 12 })
    expect((await cli.run(['archive', 'list'])).stdout).toBe('no archive files\n')
    const unknown = 'arc_01h455vb4pex5vsknk084sn02q'
    for (const verb of ['verify', 'restore']) expect((await cli.run(['archive', verb, unknown])).code).toBe(3)
  },
  TIMEOUT_MS,
)

test(
  'health fails while a service is down',
  async () => {
    await cli.app.ok(
      'mutation { registerService(input: { name: "shop", url: "http://shop", healthUrl: "", ttlSeconds: 3600 }) { created } }',
    )
    const beat = (status: string) =>
      cli.app.ok('mutation ($status: HealthStatus!) { heartbeat(name: "shop", status: $status) { service { id } } }', {
        status,
      })
    /** What the command reports; null if it has not seen the status yet, because health may be a second old. */
    const health = async (expected: string) => {
      const { code, stdout } = await cli.run(['health', '--json'])
      const { status, components, services } = JSON.parse(stdout)
      expect(components).toContainEqual(expect.objectContaining({ name: 'postgres', status: 'OK' }))
      const shop = services.find(({ name }: { name: string }) => name === 'shop')?.status
      return shop === expected ? { code, status, shop } : null
    }
    await beat('DOWN')
    expect(await until('the service that is down', () => health('DOWN'))).toEqual({
      code: 1,
      status: 'DEGRADED',
      shop: 'DOWN',
    })
    await beat('DEGRADED')
    expect(await until('the service that works partially', () => health('DEGRADED'))).toEqual({
      code: 0,
      status: 'DEGRADED',
      shop: 'DEGRADED',
    })
    await cli.app.ok('mutation { unregisterService(name: "shop") { deletedId } }')
  },
  TIMEOUT_MS,
)

test(
  'the attempts to heal a container are listed and shown, and it is released',
  async () => {
    const [target, attempt] = [newId(), newId()]
    await cli.app.sql(
      `INSERT INTO heal_targets (id, container, origin, state, memory) VALUES ($1, 'mailer', 'LABEL', 'GIVEN_UP', $2)`,
      [target, JSON.stringify({ state: { ...NEW_TARGET, state: 'GIVEN_UP' }, run: NEW_RUN })],
    )
    await cli.app.sql(
      `INSERT INTO heal_attempts (id, target_id, container, action, trigger, reason, outcome, message, token, exit_code,
         log_tail, started_at)
       VALUES ($1, $2, 'mailer', 'start', 'exited', 'it ended', 'FAILED', 'it ended again', 1, 7, $3, now())`,
      [attempt, target, 'first\n\u001b[2Jlast\n'],
    )
    const id = publicId('heal', attempt)
    const history = (...args: string[]) => cli.json(['heal', 'history', ...args])
    expect(await history('--containers', 'mailer', '--outcomes', 'failed', '--window', 'LAST_1H')).toMatchObject({
      totalCount: 1,
      nodes: [{ id, targetId: publicId('tgt', target), outcome: 'FAILED', exitCode: 7 }],
    })
    expect(await history('--containers', 'another')).toMatchObject({ totalCount: 0, nodes: [] })
    expect(await cli.json(['heal', 'get', id])).toMatchObject({ id, trigger: 'exited', exitCode: 7 })
    const { stdout } = await cli.run(['heal', 'get', id])
    expect(stdout).toContain('FAILED: it ended again')
    expect(stdout).toContain('first\n [2Jlast')
    expect((await cli.run(['heal', 'get', 'heal_01h455vb4pex5vsknk084sn02q'])).code).toBe(3)

    expect(await cli.json(['heal', 'release', 'mailer'])).toMatchObject({ container: 'mailer', state: 'UNHEALTHY' })
    expect(await cli.run(['heal', 'release', 'mailer'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('UNHEALTHY'),
    })
    await cli.app.sql('DELETE FROM heal_targets WHERE id = $1', [target])
  },
  TIMEOUT_MS,
)

test(
  'services, auto-heal and AI providers are shown',
  async () => {
    await cli.app.ok('mutation { registerService(input: { name: "checkout", url: "http://127.0.0.1:9" }) { created } }')
    expect(await cli.json(['services', 'list', '--search', 'check'])).toMatchObject({ nodes: [{ name: 'checkout' }] })
    expect(await cli.json(['heal', 'status'])).toMatchObject({ mode: 'off', targets: [] })
    expect(await cli.run(['heal', 'now', 'checkout'])).toMatchObject({ code: 3 })
    expect(await cli.run(['heal', 'maintenance', 'checkout'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--for'),
    })
    expect(await cli.json(['ai', 'providers'])).toContainEqual(
      expect.objectContaining({ name: 'local', healthy: true }),
    )
    expect(await cli.json(['ai', 'drill'])).toContainEqual(expect.objectContaining({ provider: 'local', ok: true }))
  },
  TIMEOUT_MS,
)

test(
  'a lead is extracted from standard input, and saved unless told otherwise',
  async () => {
    const input = 'Hello, this is Jane Doe of Example Ltd. Write to jane.doe@example.com.'
    const extract = ['leads', 'extract', '--file', '-', '--tenant-id', 'tenant-1']
    expect(await cli.json([...extract, '--no-save'], { input })).toMatchObject({ lead: null })
    expect(await cli.json([...extract], { input })).toMatchObject({ lead: { email: 'jane.doe@example.com' } })
    const leads = await cli.run(['leads', 'list', '--tenant-id', 'tenant-1'])
    expect(leads.stdout.trim().split('\n')).toHaveLength(2)
  },
  TIMEOUT_MS,
)

test(
  'the audit trail is listed and exported with the actions of the command line',
  async () => {
    expect(await cli.json(['audit', 'list', '--actions', 'lead.*'])).toMatchObject({
      nodes: expect.arrayContaining([expect.objectContaining({ outcome: 'ALLOWED' })]),
    })
    const file = join(cli.directory, 'audit.csv')
    expect(await cli.run(['audit', 'export', '--format', 'csv', '--output', file])).toMatchObject({ code: 0 })
    expect(await readFile(file, 'utf8')).toMatch(/^id,at,actor_kind/)
    expect(await cli.run(['audit', 'export'], { as: { role: 'OPERATOR' } })).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('ADMIN'),
    })
  },
  TIMEOUT_MS,
)

test(
  'doctor checks the API, and servers and settings if it has their addresses; each fault has advice',
  async () => {
    interface Diagnosis {
      ok: boolean
      checks: { name: string; status: string; message: string; advice: string | null }[]
    }
    const { DATABASE_URL, REDIS_URL, SECRET_KEY } = cli.app.core.env
    const env = { DATABASE_URL, REDIS_URL, SECRET_KEY }
    const well = await cli.run(['doctor', '--json'], { env })
    const { checks }: Diagnosis = JSON.parse(well.stdout)
    const statusOf = (name: string) => checks.find((check) => check.name === name)?.status
    for (const name of [
      'api',
      'clock of the API',
      'key',
      'postgres',
      'settings',
      'PostgreSQL',
      'migrations',
      'due deliveries',
      'Redis',
    ])
      expect([name, statusOf(name)]).toEqual([name, 'OK'])

    await cli.app.sql(`CREATE TABLE kept AS SELECT * FROM _prisma_migrations ORDER BY migration_name DESC LIMIT 1`)
    await cli.app.sql('DELETE FROM _prisma_migrations WHERE id IN (SELECT id FROM kept)')
    const away = { ...env, REDIS_URL: 'redis://127.0.0.1:9', HTTP_STALL_MS: 'soon' }
    const ill = await cli.run(['doctor', '--url', 'http://127.0.0.1:9'], { env: away })
    await cli.app.sql('INSERT INTO _prisma_migrations SELECT * FROM kept')
    expect(ill.code).toBe(1)
    const faults = ['api .*', 'settings +HTTP_STALL_MS.*', 'migrations +not applied.*', 'Redis .*ECONNREFUSED.*']
    for (const fault of faults) expect(ill.stdout).toMatch(new RegExp(`^FAIL +${fault}\n +-> .+`, 'm'))
    expect(await cli.run(['doctor'], { as: null })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('AETHERLINK_KEY'),
    })
    const withoutWeb = await startCli({ env: { UI_HEALTH_URL: 'http://127.0.0.1:9/health.json' } })
    const { stdout } = await withoutWeb.run(['doctor'])
    await withoutWeb.close()
    expect(stdout).toMatch(/^FAIL +web +no connection.*\n +-> start the web console/m)
  },
  TIMEOUT_MS,
)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACME, alertsOfRule, makeRule, publishMany } from '../../test/features/alerts.ts'
import { BUILD_MS, type Cli, type CliOptions, startCli, TIMEOUT_MS } from '../../test/features/cli.ts'
import { makeWebhook } from '../../test/features/deliveries.ts'

let cli: Cli
beforeAll(async () => {
  // Without a worker, rules are evaluated only when a command asks for it.
  cli = await startCli()
}, BUILD_MS)
afterAll(() => cli.close())

const run = (args: string, options: CliOptions = { as: ACME }) => cli.run(wordsOf(args), options)
const json = <Value>(args: string, options: CliOptions = { as: ACME }) => cli.json<Value>(wordsOf(args), options)
/** The words of a command; words in double quotes stay together. */
const wordsOf = (args: string) => Array.from(args.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word!)
const refused = (stderr: string, code = 2) => ({ code, stdout: '', stderr: expect.stringContaining(stderr) })

test(
  'a rule is tried, created, shown, changed, evaluated and deleted; its log says why it did or did not notify',
  async () => {
    const webhook = await makeWebhook(cli.app, { name: 'on-call' })
    const create = 'rules create "Jobs fail" --event-type job.* --window-seconds 300 --group-by source,payload.i'
    expect(await run(create)).toMatchObject(refused('--threshold'))
    expect(await run(`${create} --threshold 100001`)).toMatchObject(refused('input.threshold'))
    expect(await run(`${create} --threshold 3 --webhook-ids whk_01h455vb4pex5vsknk084sn02q`)).toMatchObject(
      refused('input.webhookIds.0'),
    )
    await publishMany(cli.app, 2, { payload: { i: 7 } })
    expect(await json(`${create} --threshold 2 --dry-run`)).toMatchObject({ matched: 2, wouldFire: 1 })
    expect(await json('rules list')).toMatchObject({ totalCount: 0 })

    const rule = await json<{ id: string }>(`${create} --threshold 3 --severity error --webhook-ids ${webhook.id}`)
    const { id } = rule
    expect(rule).toMatchObject({
      name: 'Jobs fail',
      enabled: true,
      severity: 'ERROR',
      tenantId: 'tenant-acme',
      eventType: 'job.*',
      source: null,
      threshold: 3,
      windowSeconds: 300,
      groupBy: ['source', 'payload.i'],
      webhooks: [{ id: webhook.id }],
    })
    expect(await run('rules evaluate')).toMatchObject({
      code: 0,
      stdout: '1 rules evaluated: 0 alerts raised, 0 resolved\n',
    })
    await publishMany(cli.app, 1, { payload: { i: 7 } })
    expect(await json('rules evaluate')).toEqual({ evaluated: 1, raised: 1, resolved: 0 })
    expect(await json(`rules log ${id}`)).toMatchObject([
      { outcome: 'RAISED', matched: 3, threshold: 3, group: { source: 'scheduler', 'payload.i': '7' } },
      { outcome: 'BELOW_THRESHOLD', matched: 2 },
    ])
    expect(await json(`rules log ${id} --first 1 --skip 1`)).toMatchObject([{ outcome: 'BELOW_THRESHOLD' }])
    expect((await run(`rules log ${id} --first 1`)).stderr).toContain('--skip 1')
    expect(await json(`rules get ${id}`)).toMatchObject({ openAlerts: 1, lastEvaluation: { outcome: 'RAISED' } })
    const shown = await run(`rules show ${id}`)
    expect(shown.stdout).toMatch(/^state +enabled$/m)
    expect(shown.stdout).toMatch(/^fires at +3 events within 5 min$/m)
    expect(shown.stdout).toMatch(new RegExp(`^notifies +${webhook.id} on-call$`, 'm'))

    expect(await json(`rules update ${id} --threshold 4 --dry-run`)).toMatchObject({ matched: 3, wouldFire: 0 })
    expect(await json(`rules get ${id}`)).toMatchObject({ threshold: 3 })
    expect(await run(`rules update ${id}`)).toMatchObject(refused('at least one option'))
    expect(await run(`rules update ${id} --repeat-interval-seconds 5`)).toMatchObject(
      refused('input.repeatIntervalSeconds'),
    )
    const changes = '--name "Jobs fail often" --source scheduler --description "call the owner" --no-webhook-ids'
    expect(await run(`rules update ${id} ${changes}`)).toMatchObject({
      code: 0,
      stdout: `${id} Jobs fail often: changed source, description, webhookIds, name\n`,
    })
    expect(await json(`rules update ${id} --no-source --no-description --threshold 2`)).toMatchObject({
      source: null,
      threshold: 2,
      webhooks: [],
      groupBy: ['source', 'payload.i'],
    })

    const unknown = 'rul_01h455vb4pex5vsknk084sn02q'
    expect(await json(`rules delete ${id} --dry-run`)).toMatchObject({ id, openAlerts: 1, deleted: false })
    expect(await run(`rules delete ${unknown} ${id}`)).toMatchObject({
      code: 6,
      stdout: `${unknown} NOT_FOUND: there is no alert rule ${unknown}\n${id} Jobs fail often: deleted, 1 open alerts resolved\n`,
    })
    expect(await alertsOfRule(cli.app, id)).toMatchObject([{ status: 'RESOLVED' }])
    expect(await run(`rules delete ${id} --dry-run`)).toMatchObject(refused('NOT_FOUND', 3))
    expect(await run(`rules update ${id} --threshold 1 --dry-run`)).toMatchObject(refused('NOT_FOUND', 3))
    expect(await run(`rules get ${id}`)).toMatchObject(refused('NOT_FOUND', 3))
  },
  TIMEOUT_MS,
)

test(
  'a template becomes a rule and a rule becomes a template; a slug that two templates share is refused',
  async () => {
    interface Template {
      id: string
      slug: string
      isBuiltin: boolean
      tenantId: string | null
    }
    const ofSlug = async (slug: string) =>
      (await json<Template[]>('templates list', {})).filter((template) => template.slug === slug)
    const builtin = (await ofSlug('api-errors'))[0]!
    expect(builtin).toMatchObject({ isBuiltin: true, tenantId: null })
    const materialize = 'templates materialize api-errors --name "Shop errors" --threshold 2'
    await publishMany(cli.app, 2, { type: 'api.error' })
    expect(await json(`${materialize} --dry-run`)).toMatchObject({ matched: 2, wouldFire: 1 })
    const unheard = 'templates materialize service-down'
    const warning = 'Only the installation has service.health.failed events. A rule of tenant-acme counts none'
    for (const options of ['--dry-run', ''])
      expect(await run(`${unheard} ${options}`)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(warning),
      })
    expect(await run(`${materialize} --window-seconds 9999999`)).toMatchObject(refused('windowSeconds'))
    expect(await json('rules list --search "Shop errors"')).toMatchObject({ totalCount: 0 })
    expect(await json(materialize)).toMatchObject({
      name: 'Shop errors',
      enabled: true,
      tenantId: 'tenant-acme',
      eventType: 'api.error*',
      threshold: 2,
      windowSeconds: 60,
    })

    const ruleId = await makeRule(cli.app, { name: 'Mail fails', eventType: 'mail.failed', enabled: false })
    expect(await run(`templates create mail --rule-id ${ruleId}`)).toMatchObject(refused('--description'))
    expect(await run(`templates create Mail --rule-id ${ruleId} --description d`)).toMatchObject(refused('input.slug'))
    const created = await json<Template>(`templates create mail --rule-id ${ruleId} --description "mail is down"`)
    expect(created).toMatchObject({
      slug: 'mail',
      name: 'Mail fails',
      description: 'mail is down',
      tenantId: 'tenant-acme',
      rule: { name: 'Mail fails', eventType: 'mail.failed', threshold: 3, windowSeconds: 300 },
    })
    const rule = JSON.stringify({ name: 'Mail', description: 'all tenants', windowSeconds: 60, threshold: 9 })
    expect(await cli.json(['templates', 'create', 'mail', '--rule', rule])).toMatchObject({
      name: 'Mail',
      description: 'all tenants',
      tenantId: null,
    })
    const [, second] = await ofSlug('mail')
    const ambiguous = await run('templates delete mail')
    expect(ambiguous).toMatchObject(refused('TEMPLATE'))
    for (const id of [created.id, second!.id]) expect(ambiguous.stderr).toContain(id)
    expect(await run(`templates delete ${created.id}`)).toMatchObject({
      code: 0,
      stdout: `${created.id} mail: deleted\n`,
    })
    expect(await run(`templates delete ${builtin.id}`)).toMatchObject(refused('NOT_FOUND', 3))
    expect(await ofSlug('mail')).toMatchObject([{ tenantId: null }])
    expect((await run('templates list')).stdout).toMatch(
      /^tpl_\w+ +api-errors +built-in +ERROR +api\.error\* +10 in 60 s/m,
    )
  },
  TIMEOUT_MS,
)

test(
  'a silence is created for matching alerts and expired; each wrong input is named',
  async () => {
    interface Silence {
      id: string
      startsAt: string
      endsAt: string
    }
    const ruleId = await makeRule(cli.app, {
      name: 'Disk is full',
      eventType: 'disk.full',
      threshold: 1,
      groupBy: ['source'],
    })
    await publishMany(cli.app, 1, { type: 'disk.full', source: 'db-1' })
    await run('rules evaluate')
    const [alert] = await alertsOfRule(cli.app, ruleId)
    expect(alert).toMatchObject({ status: 'FIRING', silencedBy: null })

    const create = 'silences create --reason upgrade'
    expect(await run(`${create} --for 1h`)).toMatchObject(refused('--rule'))
    for (const end of ['', '--for 1h --until 2h'])
      expect(await run(`${create} --source db-1 ${end}`)).toMatchObject(refused('either --for or --until'))
    expect(await run(`${create} --group source --for 1h`)).toMatchObject(refused('Expected a field and a glob'))
    expect(await run(`${create} --source db-1 --until 2020-01-01`)).toMatchObject(refused('input.endsAt'))

    const matchers = '--rule "Disk*" --severity CRITICAL --group source=db-* --group payload.host=*'
    expect(await json(`${create} ${matchers} --for 1h`)).toMatchObject({
      matchers: { rule: 'Disk*', severity: 'CRITICAL', group: { source: 'db-*', 'payload.host': '*' } },
      matching: 0,
    })
    const { id } = await json<Silence>(`${create} --rule ${ruleId} --group source=db-* --until 2h`)
    expect(await alertsOfRule(cli.app, ruleId)).toMatchObject([{ silencedBy: { id } }])
    const future = await json<Silence>(`${create} --rule ${ruleId} --starts-at 1h --for 30m`)
    expect(Date.parse(future.endsAt) - Date.parse(future.startsAt)).toBe(30 * 60_000)
    expect((await run('silences list --active true')).stdout).toMatch(
      new RegExp(`^${id} .* tenant-acme +1 +0 +rule=${ruleId} source=db-\\* .*upgrade$`, 'm'),
    )

    expect(await run(`silences expire ${id}`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${id} ended`),
    })
    expect(await run(`silences expire ${id}`)).toMatchObject(refused('CONFLICT', 1))
    expect(await alertsOfRule(cli.app, ruleId)).toMatchObject([{ silencedBy: null }])
    expect(await json('silences list --active false')).toMatchObject({ totalCount: 1, nodes: [{ id }] })
    expect(
      await run(`silences expire ${future.id}`, { as: { role: 'VIEWER', tenantId: 'tenant-acme' } }),
    ).toMatchObject(refused('OPERATOR', 4))

    const until = new Date(Date.now() + 3_600_000).toISOString()
    expect(await json(`alerts silence ${alert!.id} --until ${until} --reason upgrade`)).toMatchObject({
      matchers: { rule: ruleId, group: { source: 'db-1' } },
      endsAt: until,
    })
  },
  TIMEOUT_MS,
)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { OTHER } from '../../../test/features/alerts.ts'
import { ACME } from '../../../test/features/deliveries.ts'
import { type As, startTestApp, type TestApp } from '../../../test/harness.ts'
import { BUILTIN_TEMPLATES } from './builtin-templates.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

interface Template {
  id: string
  slug: string
  isBuiltin: boolean
  rule: Record<string, unknown>
}

const list = async (as: typeof ACME) =>
  (await app.ok<{ alertTemplates: Template[] }>('{ alertTemplates { id slug isBuiltin rule } }', {}, { as }))
    .alertTemplates
const MATERIALIZE = `mutation ($id: ID!, $input: MaterializeAlertTemplateInput) { materializeAlertTemplate(id: $id, input: $input) {
  rule { name tenantId eventType threshold windowSeconds groupBy enabled severity } } }`
const CREATE =
  'mutation ($input: CreateAlertTemplateInput!) { createAlertTemplate(input: $input) { template { id rule } } }'

test('every built-in template becomes a rule in one call', async () => {
  const templates = await list(ACME)
  expect(templates.map(({ slug }) => slug)).toEqual(BUILTIN_TEMPLATES.map(({ slug }) => slug))
  expect(templates.map(({ slug }) => slug)).toEqual(
    expect.arrayContaining(['high-cpu', 'api-errors', 'disk-space', 'autoheal-failures', 'dead-letters-growing']),
  )
  for (const { id, rule } of templates) {
    const { materializeAlertTemplate: made } = await app.ok<{ materializeAlertTemplate: { rule: object } }>(
      MATERIALIZE,
      { id },
      { as: ACME },
    )
    const { description: _description, groupBy = [], ...rest } = rule
    expect(made.rule).toMatchObject({ ...rest, groupBy, enabled: true, tenantId: 'tenant-acme' })
  }
})

test('templates whose events only the installation has say so', async () => {
  const { alertTemplates } = await app.ok<{ alertTemplates: { slug: string; countsInstallationEvents: boolean }[] }>(
    '{ alertTemplates { slug countsInstallationEvents } }',
    {},
    { as: ACME },
  )
  const marked = alertTemplates
    .filter(({ countsInstallationEvents }) => countsInstallationEvents)
    .map(({ slug }) => slug)
  expect(marked).toEqual([
    'autoheal-failures',
    'service-down',
    'queue-delayed',
    'work-recovered',
    'autoheal-storm',
    'autoheal-given-up',
  ])
})

test('a rule of a tenant about events that only the installation has comes with a warning', async () => {
  interface Warned {
    id: string
    slug: string
    countsInstallationEvents: boolean
    own: string[]
    theirs: string[]
  }
  const TEMPLATES =
    '{ alertTemplates { id slug countsInstallationEvents own: warnings theirs: warnings(tenantId: "tenant-other") } }'
  const read = async (as: As) => (await app.ok<{ alertTemplates: Warned[] }>(TEMPLATES, {}, { as })).alertTemplates
  const words = (tenant: string) =>
    `Only the installation has service.health.failed events. A rule of ${tenant} counts none of them, so it fires only if ${tenant} publishes such events itself.`
  const templates = await read(ACME)
  for (const { countsInstallationEvents, own } of templates) expect(own.length > 0).toBe(countsInstallationEvents)
  const [down] = templates.filter(({ slug }) => slug === 'service-down')
  expect(down).toMatchObject({ own: [words('tenant-acme')], theirs: [words('tenant-other')] })
  const [unbound] = (await read({ role: 'OPERATOR' })).filter(({ slug }) => slug === 'service-down')
  expect(unbound).toMatchObject({ own: [], theirs: [words('tenant-other')] })

  const materialize = async (as: As, input: object) =>
    (
      await app.ok<{ materializeAlertTemplate: { warnings: string[] } }>(
        'mutation ($id: ID!, $input: MaterializeAlertTemplateInput) { materializeAlertTemplate(id: $id, input: $input) { warnings } }',
        { id: down!.id, input },
        { as },
      )
    ).materializeAlertTemplate.warnings
  expect(await materialize(ACME, {})).toEqual([words('tenant-acme')])
  expect(await materialize({ role: 'OPERATOR' }, { tenantId: 'tenant-other' })).toEqual([words('tenant-other')])
  expect(await materialize({ role: 'OPERATOR' }, {})).toEqual([])

  const created = await app.ok(
    'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { warnings } }',
    { input: { name: 'mine', eventType: 'order.late', windowSeconds: 60, threshold: 1 } },
    { as: ACME },
  )
  expect(created).toEqual({ createAlertRule: { warnings: [] } })
})

test('a template of a tenant is visible only to it, and the call may override parts of its rule', async () => {
  const rule = { name: 'late', eventType: 'order.late', windowSeconds: 60, threshold: 2, groupBy: null }
  const input = { slug: 'late-orders', name: 'Late orders', description: 'd', rule }
  const { createAlertTemplate: made } = await app.ok<{ createAlertTemplate: { template: Template } }>(
    CREATE,
    { input },
    { as: ACME },
  )
  const { id } = made.template
  expect(made.template.rule).toEqual({ name: 'late', eventType: 'order.late', windowSeconds: 60, threshold: 2 })
  expect((await list(OTHER)).map((template) => template.id)).not.toContain(id)
  expect((await app.fails(MATERIALIZE, { id }, { as: OTHER })).code).toBe('NOT_FOUND')
  const changed = { name: 'later', threshold: 7, windowSeconds: 120 }
  const materialized = await app.ok(MATERIALIZE, { id, input: changed }, { as: ACME })
  expect(materialized).toMatchObject({ materializeAlertTemplate: { rule: { ...changed, eventType: 'order.late' } } })
  expect((await app.fails(CREATE, { input }, { as: ACME })).code).toBe('CONFLICT')
  expect((await app.fails(CREATE, { input: { ...input, slug: 'high-cpu' } }, { as: ACME })).code).toBe('CONFLICT')
})

test('a template with an invalid rule is refused, with the field', async () => {
  const refused = async (rule: unknown) => {
    const input = { slug: 's', name: 'n', description: 'd', rule }
    const { issues } = await app.fails(CREATE, { input }, { as: ACME })
    return issues?.map(({ path }) => path.join('.')).sort()
  }
  const valid = { name: 'n', windowSeconds: 60, threshold: 1 }
  expect(await refused('text')).toEqual(['input.rule'])
  expect(await refused({})).toEqual(['input.rule.name', 'input.rule.threshold', 'input.rule.windowSeconds'])
  expect(await refused({ ...valid, webhookIds: [] })).toEqual(['input.rule.webhookIds'])
  expect(await refused({ ...valid, severity: 'BAD', threshold: '1' })).toEqual([
    'input.rule.severity',
    'input.rule.threshold',
  ])
  expect(await refused({ ...valid, windowSeconds: 0, eventType: 'a b' })).toEqual([
    'input.rule.eventType',
    'input.rule.windowSeconds',
  ])
})

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AlertModel, MODEL_RULE, STEP_MS } from '../../../test/features/alert-model.ts'
import {
  ACME,
  acknowledge,
  evaluateNow,
  makeRule,
  makeSilence,
  publishedWithClock,
  publishMany,
  resolve,
  updateRule,
} from '../../../test/features/alerts.ts'
import { makeWebhook } from '../../../test/features/deliveries.ts'
import {
  adopt,
  expectAsModelled,
  expectPublished,
  type ModelledRule,
  storedAlerts,
} from '../../../test/features/stored-alerts.ts'
import { createTestClock, startTestApp, type TestApp } from '../../../test/harness.ts'
import { publicId, uuidOf } from '../../kit/ids.ts'
import { type Alerting, createAlerting } from '../alerting.ts'

/** Two processes of one installation, each with an API and the periodic work of a worker. */
let apps: [TestApp, TestApp]
let workers: Alerting[]
let webhook: string
const clock = createTestClock()
beforeAll(async () => {
  const env = { ALERT_GROUP_WAIT_MS: '0' }
  const app = await startTestApp({ clock, env })
  apps = [app, await startTestApp({ clock, env, beside: app })]
  workers = apps.map(({ core, pipeline }) => createAlerting(core, pipeline.publishInTransaction))
  webhook = (await makeWebhook(app, { eventTypes: ['nothing'] })).id
  // From here on, events with the time of this machine are in the past of the test clock.
  await app.travel(12 * STEP_MS)
})
afterAll(async () => {
  for (const worker of workers) await worker.stop()
  for (const app of apps.toReversed()) await app.stop()
})

/** The present rule of a run, and those that were deleted in it. */
interface Run {
  rule: ModelledRule
  deleted: ModelledRule[]
}

const createRule = async (type: string, model: AlertModel, start: number): Promise<ModelledRule> => {
  const groupBy = model.groupBy
  const settings = { name: type, eventType: type, threshold: model.threshold, groupBy, webhookIds: [webhook] }
  return { model, id: await makeRule(apps[0], { ...MODEL_RULE, ...settings }), type, start }
}

/** Both processes evaluate at once. Expects that their counts add up to the entries that evaluations wrote. */
async function evaluateTwice({ id }: ModelledRule, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
  const written = async () =>
    (
      await apps[0].sql<{ raised: number; resolved: number }>(
        `SELECT count(*) FILTER (WHERE change = 'RAISED')::int AS raised, count(*) FILTER (WHERE change = 'RESOLVED')::int AS resolved
         FROM alert_transitions WHERE rule_id = $1 AND actor_kind IS NULL`,
        [uuidOf('rul', id, 'id')],
      )
    )[0]!
  const before = await written()
  const [counts] = await Promise.all([Promise.all(apps.map((app) => evaluateNow(app))), meanwhile()])
  const after = await written()
  const sum = (field: 'raised' | 'resolved') => counts.reduce((total, count) => total + count[field], 0)
  expect(sum('raised')).toBe(after.raised - before.raised)
  expect(sum('resolved')).toBe(after.resolved - before.resolved)
}

const publish = async ({ type, model }: ModelledRule, source: string, count: number) => {
  await publishMany(apps[count % 2]!, count, { type, source })
  await publishedWithClock(apps[0], type, `${clock() - Date.now()} milliseconds`)
  model.publish(source, count)
}
const setEnabled = ({ id }: ModelledRule, enabled: boolean) =>
  apps[1].ok(
    'mutation ($id: ID!, $enabled: Boolean!) { setAlertRuleEnabled(id: $id, enabled: $enabled) { rule { id } } }',
    { id, enabled },
    { as: ACME },
  )
const openAlertOf = async (rule: ModelledRule, pick: number) => {
  const alerts = rule.model.openAlerts
  const alert = alerts[pick % alerts.length]!
  const open = (await storedAlerts(apps[0], rule)).find(
    (row) => row.status !== 'RESOLVED' && row.groupKey === alert.groupKey,
  )
  return { alert, id: publicId('alr', open!.id) }
}

type Step = fc.AsyncCommand<Run, null>
const step = (
  name: string,
  run: (rule: ModelledRule, all: Run) => Promise<void>,
  isPossible: (model: AlertModel) => boolean = () => true,
): Step => ({
  toString: () => name,
  check: ({ rule }) => isPossible(rule.model),
  async run(all) {
    await run(all.rule, all)
    await expectAsModelled(apps[0], all.rule)
  },
})
const hasOpen = ({ openAlerts }: AlertModel) => openAlerts.length > 0

/** Calls that happen while both processes evaluate. */
const RACES: Record<string, (rule: ModelledRule, source: string, pick: number) => Promise<unknown>> = {
  publish: (rule, source) => publish(rule, source, 2),
  disable: async (rule) => {
    rule.model.enabled = false
    await setEnabled(rule, false)
  },
  acknowledge: async (rule, _source, pick) => {
    if (hasOpen(rule.model)) await unlessResolved(acknowledge(apps[1], (await openAlertOf(rule, pick)).id))
  },
  resolve: async (rule, _source, pick) => {
    if (!hasOpen(rule.model)) return
    const { alert, id } = await openAlertOf(rule, pick)
    if (await unlessResolved(resolve(apps[1], id))) rule.model.settle(alert.groupKey)
  },
}
/** False if an evaluation resolved the alert first. */
const unlessResolved = (call: Promise<unknown>) =>
  call.then(
    () => true,
    (error: Error) => {
      expect(error.message).toContain('CONFLICT')
      return false
    },
  )

const source = fc.constantFrom('api', 'web')
const pick = fc.nat({ max: 1 })
const publishing = fc
  .tuple(source, fc.integer({ min: 1, max: 3 }))
  .map(([from, count]) => step(`publish ${count} of ${from}`, (rule) => publish(rule, from, count)))
const evaluating = fc.constant(
  step('evaluate', async (rule) => {
    await evaluateTwice(rule)
    rule.model.evaluate()
  }),
)
const steps: fc.Arbitrary<Step>[] = [
  // Twice as often as the others.
  publishing,
  publishing,
  evaluating,
  evaluating,
  fc.constant(
    step('periodic work', async ({ model }) => {
      await Promise.all(workers.map((worker) => worker.once()))
      model.evaluate()
    }),
  ),
  fc.integer({ min: 1, max: 3 }).map((count) =>
    step(`travel ${count}`, async ({ model }) => {
      await apps[0].travel(count * STEP_MS)
      model.now += count * STEP_MS
    }),
  ),
  pick.map((at) =>
    step(
      `acknowledge ${at}`,
      async (rule) => {
        const { alert, id } = await openAlertOf(rule, at)
        await acknowledge(apps[0], id)
        rule.model.acknowledge(alert)
      },
      hasOpen,
    ),
  ),
  pick.map((at) =>
    step(
      `resolve ${at}`,
      async (rule) => {
        const { alert, id } = await openAlertOf(rule, at)
        await resolve(apps[0], id)
        rule.model.resolve(alert)
        await expect(resolve(apps[1], id)).rejects.toThrow('CONFLICT')
        await expect(acknowledge(apps[1], id)).rejects.toThrow('CONFLICT')
      },
      hasOpen,
    ),
  ),
  fc.integer({ min: 1, max: 4 }).map((threshold) =>
    step(`threshold ${threshold}`, async ({ id, model }) => {
      await updateRule(apps[0], id, { threshold })
      model.threshold = threshold
      model.evaluate()
    }),
  ),
  fc.constant(
    step('regroup', async ({ id, model }) => {
      model.isGrouped = !model.isGrouped
      await updateRule(apps[1], id, { groupBy: model.groupBy })
      model.closeAll()
      model.evaluate()
    }),
  ),
  fc.boolean().map((enabled) =>
    step(enabled ? 'enable' : 'disable', async (rule) => {
      await setEnabled(rule, enabled)
      if (!enabled) rule.model.closeAll()
      rule.model.enabled = enabled
      rule.model.evaluate()
    }),
  ),
  fc.constant(
    step('delete and create again', async (rule, run) => {
      await apps[1].ok('mutation ($id: ID!) { deleteAlertRule(id: $id) { deletedId } }', { id: rule.id }, { as: ACME })
      rule.model.closeAll()
      rule.model.enabled = false
      run.deleted.push(rule)
      const model = rule.model.successor()
      run.rule = await createRule(rule.type, model, rule.start)
      model.evaluate()
    }),
  ),
  fc.integer({ min: 1, max: 3 }).map((count) =>
    step(
      `silence for ${count}`,
      async ({ type, model }) => {
        const endsAt = clock() + (count - 0.5) * STEP_MS
        const matchers = { rule: type }
        const id = await makeSilence(apps[0], { matchers, endsAt: new Date(endsAt).toISOString() })
        model.silences.push({ id, endsAt: model.now + (count - 0.5) * STEP_MS, heldBack: 0 })
        model.evaluateOpen()
      },
      ({ activeSilence }) => activeSilence === null,
    ),
  ),
  fc.constant(
    step(
      'end the silence',
      async ({ model }) => {
        const silence = model.activeSilence!
        const mutation = 'mutation ($id: ID!) { expireSilence(id: $id) { silence { id } } }'
        await apps[1].ok(mutation, { id: silence.id }, { as: ACME })
        silence.endsAt = model.now
        model.evaluateOpen()
      },
      ({ activeSilence }) => activeSilence !== null,
    ),
  ),
  fc.tuple(fc.constantFrom(...Object.keys(RACES)), source, pick).map(([call, from, at]) =>
    step(`evaluate during: ${call} ${from} ${at}`, async (rule) => {
      await evaluateTwice(rule, () => RACES[call]!(rule, from, at))
      await adopt(apps[0], rule)
    }),
  ),
]

let runs = 0

test('stored alerts follow the model, with one entry and one event per change, also under concurrent evaluations', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: 'max' }), async (commands) => {
      const start = clock()
      const run: Run = { rule: await createRule(`model${++runs}.failed`, new AlertModel(), start), deleted: [] }
      await fc.asyncModelRun(() => ({ model: run, real: null }), commands)
      await Promise.all(workers.map((worker) => worker.once()))
      run.rule.model.evaluate()
      // Changes of rules with groups are published later. This round publishes the changes of the previous one.
      await workers[0]!.once()
      await expectAsModelled(apps[0], run.rule)
      for (const rule of [run.rule, ...run.deleted]) await expectPublished(apps[0], rule)
      for (const rule of run.deleted) await expectAsModelled(apps[0], rule)
      await setEnabled(run.rule, false)
    }),
    { numRuns: 6, interruptAfterTimeLimit: 20_000 },
  )
})

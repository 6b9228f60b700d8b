import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { Severity } from '../../graphql/types/enums.ts'
import { NamedCount } from '../../graphql/types/named-count.ts'
import { badInput } from '../../kit/errors.ts'
import { Webhook } from '../../webhooks/graphql.ts'
import { anyWebhookLoader } from '../../webhooks/loaders.ts'
import { type EvaluationShape, evaluationsLoader, lastEvaluationLoader, ruleLoader } from './loaders.ts'
import type { AlertRuleRow } from './rule.ts'

export const EvaluationOutcome = builder.enumType('EvaluationOutcome', {
  description: 'The result of an evaluation of a rule.',
  values: {
    BELOW_THRESHOLD: { description: 'Too few events matched.' },
    RAISED: { description: 'An alert was raised.' },
    REPEATED: { description: 'The alert still fires and notified again.' },
    STILL_FIRING: { description: 'The alert still fires; it is not time to notify again.' },
    SILENCED: { description: 'The alert fires and a silence suppresses its notifications.' },
    RESOLVED: { description: 'Fewer events matched than the threshold: the alert was resolved.' },
  } as const,
})

/** Counts by tenant, highest first. System events are counted under the name "system". */
export const tenantCounts = (tenants: unknown): { name: string; count: number }[] =>
  Object.entries(tenants as Record<string, number>)
    .map(([name, count]) => ({ name: name === '' ? 'system' : name, count }))
    .toSorted((a, b) => b.count - a.count)

const RuleEvaluation = builder.objectRef<EvaluationShape>('RuleEvaluation').implement({
  description:
    'The reason why a rule did or did not notify. Evaluations within a minute with the same result are shown as one.',
  fields: (t) => ({
    at: t.expose('at', { description: 'When it was last evaluated.', type: 'DateTime' }),
    matched: t.exposeInt('matched', { description: 'Number of events within the window that matched.' }),
    threshold: t.exposeInt('threshold', { description: 'The threshold.' }),
    outcome: t.expose('outcome', { description: 'The outcome.', type: EvaluationOutcome }),
    explanation: t.exposeString('explanation', { description: 'The result in words.' }),
    group: t.field({
      description:
        'The group of the evaluation: values by field of groupBy; {} for a rule without groups, and for an entry that counts several groups.',
      type: 'JSON',
      resolve: ({ group }) => group,
    }),
    tenants: t.field({
      description: 'Number of counted events by tenant; "system" for events without a tenant.',
      type: [NamedCount],
      extensions: costs({ rows: 5 }),
      resolve: ({ tenants }) => tenantCounts(tenants),
    }),
    evaluations: t.exposeInt('evaluations', {
      description: 'Number of evaluations with this result that are shown as one.',
    }),
    leftOut: t.exposeInt('leftOut', {
      description:
        'Number of groups that this entry counts instead of listing them: further groups with this outcome, which have fewer events than the listed ones. "matched" is then the highest of their counts. Null: the entry is about one group.',
      nullable: true,
    }),
  }),
})

const MAX_EVALUATIONS = 1_000

export const AlertRule = builder.objectRef<AlertRuleRow>('AlertRule').implement({
  description: 'A rule that raises an alert when a number of matching events is received within a time window.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with rul_.', resolve: idOf('rul') }),
    name: t.exposeString('name', { description: 'Display name.' }),
    description: t.exposeString('description', { description: 'The meaning of its alerts.', nullable: true }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant whose events it counts; null: those of every tenant and of the system together.',
      nullable: true,
    }),
    eventType: t.exposeString('eventType', {
      description: 'A glob of the types that it counts; null: any.',
      nullable: true,
    }),
    source: t.exposeString('source', {
      description: 'A glob of the sources that it counts; null: any.',
      nullable: true,
    }),
    eventSeverity: t.expose('eventSeverity', {
      description: 'The severity that it counts; null: any.',
      type: Severity,
      nullable: true,
    }),
    severity: t.expose('severity', { description: 'The severity of the alerts that it raises.', type: Severity }),
    windowSeconds: t.exposeInt('windowSeconds', {
      description: 'The length of its window, by the time at which events were received.',
    }),
    threshold: t.exposeInt('threshold', {
      description: 'The number of events within the window that raises an alert.',
    }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it is evaluated.' }),
    groupBy: t.exposeStringList('groupBy', {
      description: 'The fields that it groups by, such as source: one alert for each value.',
    }),
    repeatIntervalSeconds: t.exposeInt('repeatIntervalSeconds', {
      description: 'The interval at which an alert that fires and is not acknowledged notifies again.',
    }),
    webhooks: t.field({
      description:
        'The webhooks that receive its alerts; [] means every webhook that subscribes to ops.alert.*. If every webhook that was chosen has been deleted, the last of them, with deletedAt: the rule notifies nobody.',
      type: [Webhook],
      extensions: costs({ rows: 10 }),
      resolve: async ({ webhookIds }, _args, context) => {
        const found = await anyWebhookLoader(context).loadMany(webhookIds)
        const webhooks = found.flatMap((webhook) => (webhook === null || webhook instanceof Error ? [] : [webhook]))
        const present = webhooks.filter(({ deletedAt }) => deletedAt === null)
        return present.length > 0 ? present : webhooks
      },
    }),
    lastEvaluation: t.field({
      description: 'Its last evaluation; null before the first. Every rule is evaluated every 15 s.',
      type: RuleEvaluation,
      nullable: true,
      resolve: ({ id }, _args, context) => lastEvaluationLoader(context).load(id),
    }),
    evaluations: t.field({
      description: 'Its evaluations of the last 24 h, newest first. For the next page, skip those already read.',
      type: [RuleEvaluation],
      extensions: costs({ rows: { arg: 'first', max: MAX_EVALUATIONS } }),
      args: {
        first: t.arg.int({ description: `The maximum number, 1 to ${MAX_EVALUATIONS}.`, defaultValue: 50 }),
        skip: t.arg.int({ description: 'The number of the newest evaluations to leave out.', defaultValue: 0 }),
      },
      resolve: async ({ id }, { first, skip }, context) => {
        const count = first ?? 50
        const skipped = skip ?? 0
        if (count < 1 || count > MAX_EVALUATIONS)
          throw badInput('first', `is ${count}; expected 1 to ${MAX_EVALUATIONS}`)
        if (skipped < 0) throw badInput('skip', `is ${skipped}; expected 0 or more`)
        return (await evaluationsLoader(context).load(`${id}/${count}/${skipped}`)) ?? []
      },
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { description: 'When it was last changed.', type: 'DateTime' }),
    deletedAt: t.expose('deletedAt', {
      description: 'When it was deleted. Only its past alerts still refer to it.',
      type: 'DateTime',
      nullable: true,
    }),
  }),
})

registerNode('rul', AlertRule, async (ids, context) => {
  const rows = await ruleLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})

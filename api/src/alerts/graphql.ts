import type { Severity as SeverityValue } from '../../../prisma/generated/client/enums.ts'
import { Delivery } from '../deliveries/graphql.ts'
import { builder } from '../graphql/builder.ts'
import { Severity } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node } from '../graphql/node.ts'
import { Webhook } from '../webhooks/graphql.ts'
import { webhookLoader } from '../webhooks/loaders.ts'

export const EvaluationOutcome = builder.enumType('EvaluationOutcome', {
  description: 'What an evaluation of a rule came to.',
  values: {
    BELOW_THRESHOLD: { description: 'Too few events matched.' },
    RAISED: { description: 'An alert was raised.' },
    REPEATED: { description: 'The alert fires still and was notified of again.' },
    STILL_FIRING: { description: 'The alert fires still; it is not time to notify again.' },
    SILENCED: { description: 'A silence kept it quiet.' },
    RESOLVED: { description: 'The alert is over.' },
  } as const,
})

export interface RuleEvaluationShape {
  at: Date
  matched: number
  threshold: number
  outcome: typeof EvaluationOutcome.$inferType
  explanation: string
}

const RuleEvaluation = builder.objectRef<RuleEvaluationShape>('RuleEvaluation').implement({
  description: 'Why a rule did or did not page.',
  fields: (t) => ({
    at: t.expose('at', { description: 'When it was evaluated.', type: 'DateTime' }),
    matched: t.exposeInt('matched', { description: 'Events within the window that matched.' }),
    threshold: t.exposeInt('threshold', { description: 'How many it takes.' }),
    outcome: t.expose('outcome', { description: 'What it came to.', type: EvaluationOutcome }),
    explanation: t.exposeString('explanation', { description: 'The same in words.' }),
  }),
})

export interface AlertRuleRow {
  id: string
  name: string
  description: string | null
  tenantId: string | null
  eventType: string | null
  source: string | null
  eventSeverity: SeverityValue | null
  severity: SeverityValue
  windowSeconds: number
  threshold: number
  enabled: boolean
  groupBy: string[]
  repeatIntervalSeconds: number
  webhookIds: string[]
  lastEvaluation: RuleEvaluationShape | null
  createdAt: Date
}

export const AlertRule = builder.objectRef<AlertRuleRow>('AlertRule').implement({
  description: 'A pattern in events that raises an alert.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with rul_.', resolve: idOf('rul') }),
    name: t.exposeString('name', { description: 'A name for people to read.' }),
    description: t.exposeString('description', { description: 'What it is about.', nullable: true }),
    tenantId: t.exposeString('tenantId', {
      description: 'Whose events it counts; null: every tenant together.',
      nullable: true,
    }),
    eventType: t.exposeString('eventType', {
      description: 'A glob of the types it counts; null: any.',
      nullable: true,
    }),
    source: t.exposeString('source', { description: 'The source whose events it counts; null: any.', nullable: true }),
    eventSeverity: t.expose('eventSeverity', {
      description: 'The severity it counts; null: any.',
      type: Severity,
      nullable: true,
    }),
    severity: t.expose('severity', { description: 'The severity of the alert it raises.', type: Severity }),
    windowSeconds: t.exposeInt('windowSeconds', { description: 'How far back it counts.' }),
    threshold: t.exposeInt('threshold', { description: 'How many events it takes.' }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it is evaluated.' }),
    groupBy: t.exposeStringList('groupBy', {
      description: 'What it counts apart, such as source: one alert for each value.',
    }),
    repeatIntervalSeconds: t.exposeInt('repeatIntervalSeconds', {
      description: 'How often it notifies while an alert fires.',
    }),
    webhooks: t.field({
      description: 'Where its alerts go; [] means every webhook that takes ops.alert.*.',
      type: [Webhook],
      extensions: costs({ rows: 10 }),
      resolve: async ({ webhookIds }, _args, context) => {
        const webhooks = await webhookLoader(context).loadMany(webhookIds)
        return webhooks.flatMap((webhook) => (webhook === null || webhook instanceof Error ? [] : [webhook]))
      },
    }),
    lastEvaluation: t.expose('lastEvaluation', {
      description: 'What its last evaluation came to; null before the first.',
      type: RuleEvaluation,
      nullable: true,
    }),
    createdAt: t.expose('createdAt', { description: 'When it was made.', type: 'DateTime' }),
  }),
})

builder.objectField(Delivery, 'rule', (t) =>
  t.field({
    description: 'The rule whose alert the event tells of, for ops.alert.* events; null while no rules are kept.',
    type: AlertRule,
    nullable: true,
    resolve: () => null,
  }),
)

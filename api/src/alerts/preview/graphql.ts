import { auditedAct } from '../../audit/record.ts'
import { Event, eventLoader } from '../../events/graphql.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { TimeWindow } from '../../graphql/types/enums.ts'
import { CreateAlertRuleInput } from '../rules/graphql-inputs.ts'
import { type PreviewBucket, previewRule, type RulePreview } from './preview-rule.ts'

const AlertPreviewBucket = builder.objectRef<PreviewBucket>('AlertPreviewBucket').implement({
  description: 'A time bucket of the history in a preview.',
  fields: (t) => ({
    start: t.expose('start', { description: 'When the bucket begins.', type: 'DateTime' }),
    matched: t.exposeInt('matched', { description: 'Number of events that matched.' }),
    firing: t.exposeBoolean('firing', { description: 'Whether an alert would have fired within it.' }),
  }),
})

const AlertRulePreview = builder.objectRef<RulePreview>('AlertRulePreview').implement({
  description: 'The result of evaluating a rule against stored events.',
  fields: (t) => ({
    matched: t.exposeInt('matched', { description: 'Number of events that matched.' }),
    wouldFire: t.exposeInt('wouldFire', {
      description:
        'Number of alerts that the rule would have raised, with those that would already have fired at the beginning.',
    }),
    sample: t.field({
      description: 'The newest of the matching events, at most 20.',
      type: [Event],
      extensions: costs({ rows: 20 }),
      resolve: async ({ sampleIds }, _args, context) => {
        const rows = await eventLoader(context).loadMany(sampleIds)
        return rows.flatMap((row) => (row === null || row instanceof Error ? [] : [row]))
      },
    }),
    explanation: t.exposeString('explanation', { description: 'The result in words.' }),
    timeline: t.field({
      description: 'The history in equal buckets, oldest first, for a chart against the threshold.',
      type: [AlertPreviewBucket],
      extensions: costs({ rows: { arg: 'buckets', max: 500 } }),
      args: { buckets: t.arg.int({ description: 'Number of buckets, 1 to 500.', defaultValue: 60 }) },
      resolve: (preview, { buckets }) => preview.timeline(buckets ?? 60),
    }),
  }),
})

builder.mutationField('previewAlertRule', (t) =>
  t.field({
    description:
      'Evaluates a rule against stored events and returns how often it would have raised an alert. Changes nothing. If more than 100,000 events match, the newest are used.',
    type: AlertRulePreview,
    authScopes: { operator: true },
    audit: { action: 'alertRule.preview', target: 'alertRule' },
    args: {
      input: t.arg({ required: true, description: 'The rule as it would be created.', type: CreateAlertRuleInput }),
      window: t.arg({
        description: 'The time range of the stored events; ALL: 30 days.',
        type: TimeWindow,
        defaultValue: 'LAST_24H',
      }),
    },
    resolve: async (_root, { input, window }, context) => {
      const preview = await previewRule(context.core, context, input, window ?? 'LAST_24H')
      const tenantId = input.tenantId ?? context.identity.tenantId
      const { matched, wouldFire } = preview
      return auditedAct(context.core, context, 'alertRule.preview', {
        result: preview,
        target: { type: 'alertRule', id: input.name },
        tenantId,
        after: { matched, wouldFire },
      })
    },
  }),
)

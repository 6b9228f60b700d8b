import { Delivery } from '../../deliveries/graphql.ts'
import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { DeletePayload } from '../../graphql/payloads.ts'
import { uuidOf } from '../../kit/ids.ts'
import type { Alerting } from '../alerting.ts'
import { createRule } from './create-rule.ts'
import { deleteRule } from './delete-rule.ts'
import { evaluateRules } from './evaluate-rules.ts'
import { AlertRuleFilter, CreateAlertRuleInput, UpdateAlertRuleInput } from './graphql-inputs.ts'
import { AlertRule } from './graphql-types.ts'
import { listRules } from './list-rules.ts'
import { anyRuleLoader } from './loaders.ts'
import type { AlertRuleRow } from './rule.ts'
import { ruleWarnings } from './rule-warnings.ts'
import { setRuleEnabled, updateRule } from './update-rule.ts'

declare module '../../graphql/context.ts' {
  interface Services {
    alerting: Alerting
  }
}

builder.objectField(Delivery, 'rule', (t) =>
  t.field({
    description: 'The rule of the alert in the event, for ops.alert.* events.',
    type: AlertRule,
    nullable: true,
    resolve: ({ ruleId }, _args, context) => (ruleId === null ? null : anyRuleLoader(context).load(ruleId)),
  }),
)

const AlertRuleConnection = connectionType(AlertRule, { totalCount: true })

builder.queryField('alertRules', (t) =>
  t.field({
    description: 'Visible alert rules, newest first.',
    type: AlertRuleConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: AlertRuleFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listRules(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

export const AlertRulePayload = builder.objectRef<{ rule: AlertRuleRow }>('AlertRulePayload').implement({
  description: 'The rule after the change.',
  fields: (t) => ({
    rule: t.expose('rule', { description: 'The rule after the change.', type: AlertRule }),
    warnings: t.stringList({
      description:
        'Why the rule may never raise an alert: for example, a rule of a tenant that counts events which only the installation has. Empty if nothing is known.',
      resolve: ({ rule }) => ruleWarnings(rule),
    }),
  }),
})

const EvaluateAlertRulesPayload = builder
  .objectRef<{ evaluated: number; raised: number; resolved: number }>('EvaluateAlertRulesPayload')
  .implement({
    description: 'The result of an evaluation of all rules.',
    fields: (t) => ({
      evaluated: t.exposeInt('evaluated', { description: 'Number of evaluated rules: all visible enabled rules.' }),
      raised: t.exposeInt('raised', { description: 'Number of alerts that were raised.' }),
      resolved: t.exposeInt('resolved', { description: 'Number of alerts that were resolved.' }),
    }),
  })

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'An alert rule (rul_...).' })
  const uuid = (globalId: string) => uuidOf('rul', globalId, 'id')
  return {
    createAlertRule: t.field({
      description:
        'Creates an alert rule and evaluates it at once. Events of its window that were received before its creation count as well.',
      type: AlertRulePayload,
      authScopes: { operator: true },
      audit: { action: 'alertRule.create', target: 'alertRule' },
      args: { input: t.arg({ required: true, description: 'The rule.', type: CreateAlertRuleInput }) },
      resolve: async (_root, { input }, context) => {
        const rule = await createRule(context.core, context, input)
        if (rule.enabled) await context.alerting.ruleChanged(rule.id)
        return { rule }
      },
    }),
    updateAlertRule: t.field({
      description: 'Changes only the given fields. An open alert follows the changed rule.',
      type: AlertRulePayload,
      authScopes: { operator: true },
      audit: { action: 'alertRule.update', target: 'alertRule' },
      args: { id, input: t.arg({ required: true, description: 'The changes.', type: UpdateAlertRuleInput }) },
      resolve: async (_root, args, context) => {
        const rule = await updateRule(context.core, context, uuid(args.id), args.input)
        await context.alerting.ruleChanged(rule.id)
        return { rule }
      },
    }),
    deleteAlertRule: t.field({
      description: 'Deletes an alert rule and resolves its open alerts.',
      type: DeletePayload,
      authScopes: { operator: true },
      audit: { action: 'alertRule.delete', target: 'alertRule' },
      args: { id },
      resolve: async (_root, args, context) => {
        await deleteRule(context.core, context, uuid(args.id))
        await context.alerting.alertChanged(uuid(args.id))
        return { deletedId: args.id }
      },
    }),
    setAlertRuleEnabled: t.field({
      description: 'Enables or disables an alert rule. Disabling resolves its open alerts.',
      type: AlertRulePayload,
      authScopes: { operator: true },
      audit: { action: 'alertRule.setEnabled', target: 'alertRule' },
      args: { id, enabled: t.arg.boolean({ required: true, description: 'Whether the rule is evaluated.' }) },
      resolve: async (_root, args, context) => {
        const rule = await setRuleEnabled(context.core, context, uuid(args.id), args.enabled)
        await context.alerting.ruleChanged(rule.id)
        return { rule }
      },
    }),
    evaluateAlertRules: t.field({
      description: 'Evaluates all visible enabled rules now. This also happens every 15 s.',
      type: EvaluateAlertRulesPayload,
      authScopes: { operator: true },
      audit: { action: 'alertRule.evaluate', target: 'alertRule' },
      resolve: (_root, _args, context) => evaluateRules(context.core, context, context.alerting),
    }),
  }
})

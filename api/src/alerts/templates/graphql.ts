import { isInstallationType } from '../../events/catalogue/installation-types.ts'
import { builder } from '../../graphql/builder.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../../graphql/node.ts'
import { DeletePayload } from '../../graphql/payloads.ts'
import { uuidOf } from '../../kit/ids.ts'
import { AlertRulePayload } from '../rules/graphql.ts'
import { ruleWarnings } from '../rules/rule-warnings.ts'
import { createTemplate, deleteTemplate } from './create-template.ts'
import { materializeTemplate } from './materialize.ts'
import { listTemplates, type TemplateShape, templatesById } from './template.ts'

const AlertTemplate = builder.objectRef<TemplateShape>('AlertTemplate').implement({
  description: 'A prepared alert rule. materializeAlertTemplate creates it in one call.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with tpl_.', resolve: idOf('tpl') }),
    slug: t.exposeString('slug', { description: 'A name for programs, such as api-errors.' }),
    name: t.exposeString('name', { description: 'A name for people to read.' }),
    description: t.exposeString('description', {
      description: 'The condition that the rule detects, and the events that it counts.',
    }),
    tenantId: t.exposeString('tenantId', {
      description: 'The tenant that owns it; null: every tenant may use it.',
      nullable: true,
    }),
    isBuiltin: t.exposeBoolean('isBuiltin', { description: 'Whether it is part of AetherLink.' }),
    countsInstallationEvents: t.boolean({
      description:
        'Whether AetherLink announces the counted events for the installation only. A rule of a tenant then counts none, unless the tenant publishes such events itself.',
      resolve: ({ rule }) => isInstallationType(rule.eventType),
    }),
    warnings: t.stringList({
      description: 'Why a rule that is created from it may never raise an alert; empty if nothing is known.',
      args: {
        tenantId: t.arg.string({
          description: "The tenant of the rule. Default: the template's tenant, then the caller's.",
        }),
      },
      resolve: ({ rule: { eventType }, ...template }, { tenantId }, { identity }) =>
        ruleWarnings({ eventType, tenantId: tenantId ?? template.tenantId ?? identity.tenantId }),
    }),
    rule: t.field({
      description: 'The rule, with the field names of CreateAlertRuleInput.',
      type: 'JSON',
      resolve: ({ rule }) => rule,
    }),
  }),
})

registerNode('tpl', AlertTemplate, (ids, { core, identity }) => templatesById(core, identity, ids))

builder.queryField('alertTemplates', (t) =>
  t.field({
    description:
      'Templates of alert rules: the built-in ones, those of the installation, and those of visible tenants.',
    type: [AlertTemplate],
    authScopes: { viewer: true },
    extensions: costs({ rows: 20 }),
    args: { tenantId: t.arg.string({ description: 'Limits tenant templates to this tenant.' }) },
    resolve: (_root, { tenantId }, { core, identity }) => listTemplates(core, identity, tenantId),
  }),
)

const AlertTemplatePayload = builder.objectRef<{ template: TemplateShape }>('AlertTemplatePayload').implement({
  description: 'The template as it is now.',
  fields: (t) => ({
    template: t.expose('template', { description: 'The template as it is now.', type: AlertTemplate }),
  }),
})

const CreateAlertTemplateInput = builder.inputType('CreateAlertTemplateInput', {
  description: 'A new alert template.',
  fields: (t) => ({
    slug: t.string({
      required: true,
      description: 'A name for programs: 1 to 63 lower-case letters, digits and hyphens, unique in its tenant.',
    }),
    name: t.string({ required: true, description: 'A name for people to read.' }),
    description: t.string({ required: true, description: 'The condition that the rule detects.' }),
    tenantId: t.string({
      description:
        "The tenant that owns it. Default: the caller's tenant; for a caller without one, every tenant may use it.",
    }),
    rule: t.field({
      required: true,
      description:
        'The rule, with the field names of CreateAlertRuleInput: name, windowSeconds and threshold, and any of description, eventType, source, eventSeverity, severity, groupBy, repeatIntervalSeconds.',
      type: 'JSON',
    }),
  }),
})

const MaterializeAlertTemplateInput = builder.inputType('MaterializeAlertTemplateInput', {
  description: 'Values of the new rule that replace those of the template. Null counts as absent.',
  fields: (t) => ({
    tenantId: t.string({
      description:
        "The tenant whose events it counts. Default: the template's tenant, then the caller's; without either, the rule counts every tenant's events.",
    }),
    name: t.string({ description: 'The name of the rule.' }),
    threshold: t.int({ description: 'The number of events within the window that raises an alert, 1 to 100,000.' }),
    windowSeconds: t.int({ description: 'The length of the window, 1 to 2,592,000 s (30 days).' }),
    webhookIds: t.idList({
      description: 'The webhooks that receive its alerts. Default: every webhook that subscribes to ops.alert.*.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createAlertTemplate: t.field({
    description: 'Creates an alert template.',
    type: AlertTemplatePayload,
    authScopes: { operator: true },
    audit: { action: 'alertTemplate.create', target: 'alertTemplate' },
    args: { input: t.arg({ required: true, description: 'The template.', type: CreateAlertTemplateInput }) },
    resolve: async (_root, { input }, context) => ({ template: await createTemplate(context.core, context, input) }),
  }),
  deleteAlertTemplate: t.field({
    description: 'Deletes a template. Rules created from it remain. Built-in templates cannot be deleted.',
    type: DeletePayload,
    authScopes: { operator: true },
    audit: { action: 'alertTemplate.delete', target: 'alertTemplate' },
    args: { id: t.arg.id({ required: true, description: 'A template (tpl_...).' }) },
    resolve: async (_root, args, context) => {
      await deleteTemplate(context.core, context, uuidOf('tpl', args.id, 'id'))
      return { deletedId: args.id }
    },
  }),
  materializeAlertTemplate: t.field({
    description: 'Creates an enabled rule from a template and evaluates it at once.',
    type: AlertRulePayload,
    authScopes: { operator: true },
    audit: { action: 'alertTemplate.materialize', target: 'alertTemplate' },
    args: {
      id: t.arg.id({ required: true, description: 'A template (tpl_...).' }),
      input: t.arg({ description: 'Values that replace those of the template.', type: MaterializeAlertTemplateInput }),
    },
    resolve: async (_root, args, context) => {
      const rule = await materializeTemplate(context.core, context, uuidOf('tpl', args.id, 'id'), args.input)
      await context.alerting.ruleChanged(rule.id)
      return { rule }
    },
  }),
}))

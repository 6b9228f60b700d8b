import { builder } from '../../graphql/builder.ts'
import { Severity } from '../../graphql/types/enums.ts'

/** Descriptions that both inputs share. */
const ABOUT = {
  name: 'A name for people to read, 1 to 200 characters.',
  description: 'The meaning of its alerts, and what to do when one fires; at most 2,000 characters.',
  eventType: 'The event types that it counts: a name, or a glob such as "autoheal.*"; null: any type.',
  source: 'The sources that it counts: a name or a glob; null: any source.',
  eventSeverity: 'The exact severity that it counts; null: any severity.',
  severity: 'The severity of the alerts that it raises.',
  windowSeconds: 'The length of the window, 1 to 2,592,000 s (30 days), by the time at which events were received.',
  threshold: 'The number of events within the window that raises an alert, 1 to 100,000.',
  groupBy:
    'Counts the events of each value separately and raises an alert for each. At most 4 of source, type, severity, subject, tenantId, or a path into the payload such as payload.host.',
  repeatIntervalSeconds: 'How often an alert that fires and is not acknowledged notifies again, 60 to 2,592,000 s.',
  webhookIds:
    'The webhooks that receive its alerts (whk_...), regardless of their subscriptions; [] means every webhook that subscribes to ops.alert.*. A tenant’s rule may name webhooks of that tenant and of the installation; a rule for every tenant may name only webhooks of the installation.',
}

export const CreateAlertRuleInput = builder.inputType('CreateAlertRuleInput', {
  description: 'A new alert rule. Null counts as absent.',
  fields: (t) => ({
    name: t.string({ required: true, description: ABOUT.name }),
    description: t.string({ description: ABOUT.description }),
    tenantId: t.string({
      description:
        "The tenant whose events it counts. Default: the caller's tenant; for a caller without one, the events of every tenant count together.",
    }),
    eventType: t.string({ description: ABOUT.eventType }),
    source: t.string({ description: ABOUT.source }),
    eventSeverity: t.field({ description: ABOUT.eventSeverity, type: Severity }),
    severity: t.field({ description: `${ABOUT.severity} Default: CRITICAL.`, type: Severity }),
    windowSeconds: t.int({ required: true, description: ABOUT.windowSeconds }),
    threshold: t.int({ required: true, description: ABOUT.threshold }),
    enabled: t.boolean({ description: 'Whether it is evaluated.', defaultValue: true }),
    groupBy: t.stringList({ description: ABOUT.groupBy }),
    repeatIntervalSeconds: t.int({ description: `${ABOUT.repeatIntervalSeconds} Default: 14,400 (4 h).` }),
    webhookIds: t.idList({ description: ABOUT.webhookIds }),
  }),
})

export const UpdateAlertRuleInput = builder.inputType('UpdateAlertRuleInput', {
  description:
    'The changes of an alert rule; absent fields do not change. Null is accepted for fields in which it means any, or none.',
  fields: (t) => ({
    name: t.string({ description: ABOUT.name }),
    description: t.string({ description: ABOUT.description }),
    eventType: t.string({ description: ABOUT.eventType }),
    source: t.string({ description: ABOUT.source }),
    eventSeverity: t.field({ description: ABOUT.eventSeverity, type: Severity }),
    severity: t.field({ description: ABOUT.severity, type: Severity }),
    windowSeconds: t.int({ description: ABOUT.windowSeconds }),
    threshold: t.int({ description: ABOUT.threshold }),
    enabled: t.boolean({ description: 'Whether it is evaluated. Disabling resolves its open alerts.' }),
    groupBy: t.stringList({ description: `${ABOUT.groupBy} Changing the fields resolves its open alerts.` }),
    repeatIntervalSeconds: t.int({ description: ABOUT.repeatIntervalSeconds }),
    webhookIds: t.idList({ description: ABOUT.webhookIds }),
  }),
})

export const AlertRuleFilter = builder.inputType('AlertRuleFilter', {
  description: 'Filters a list of alert rules.',
  fields: (t) => ({
    tenantId: t.string({ description: "One tenant's." }),
    enabled: t.boolean({ description: 'Only enabled rules, or only disabled ones.' }),
    search: t.string({
      description:
        'Only rules that contain this text in the name, the description, the event type or the source, ignoring case.',
    }),
  }),
})

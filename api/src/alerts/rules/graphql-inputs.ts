import { builder } from '../../graphql/builder.ts'
import { Severity } from '../../graphql/types/enums.ts'

/** Descriptions that both inputs share. */
const ABOUT = {
  name: 'A name for people to read, 1 to 200 characters.',
  description: 'The meaning of its alerts, and what to do when one fires; at most 2,000 characters.',
  eventType: 'The types that it counts: a name, or a glob such as "autoheal.*"; any type when left out.',
  source: 'The sources that it counts: a name, or a glob; any source when left out.',
  eventSeverity: 'The severity that it counts, exactly; any when left out.',
  severity: 'The severity of the alerts that it raises.',
  windowSeconds: 'How far back it counts, 1 to 2,592,000 s (30 days), by when events were received.',
  threshold: 'How many events within the window raise an alert, 1 to 100,000.',
  groupBy:
    'Counts the events of each value apart, and raises an alert for each: at most 4 of source, type, severity, subject, tenantId, or a path into the payload such as payload.host.',
  repeatIntervalSeconds: 'How often an alert that fires and is not acknowledged notifies again, 60 to 2,592,000 s.',
  webhookIds:
    'The webhooks that its alerts go to (whk_...), whatever they subscribe to; [] means every webhook that takes ops.alert.*. Of a tenant’s rule they are the tenant’s or the installation’s, of one for every tenant the installation’s.',
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
    severity: t.field({ description: `${ABOUT.severity} CRITICAL when left out.`, type: Severity }),
    windowSeconds: t.int({ required: true, description: ABOUT.windowSeconds }),
    threshold: t.int({ required: true, description: ABOUT.threshold }),
    enabled: t.boolean({ description: 'Whether it is evaluated.', defaultValue: true }),
    groupBy: t.stringList({ description: ABOUT.groupBy }),
    repeatIntervalSeconds: t.int({ description: `${ABOUT.repeatIntervalSeconds} 14,400 (4 h) when left out.` }),
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
    groupBy: t.stringList({ description: `${ABOUT.groupBy} Other fields than before resolve its open alerts.` }),
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

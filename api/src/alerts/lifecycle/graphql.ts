import { builder } from '../../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../../graphql/connection.ts'
import { costs } from '../../graphql/limits/cost.ts'
import { Severity, TimeWindow } from '../../graphql/types/enums.ts'
import { uuidOf } from '../../kit/ids.ts'
import { acknowledgeAlert } from './acknowledge.ts'
import type { AlertRow } from './alert.ts'
import type { AlertChanges, AlertFrame as Frame } from './changes.ts'
import { Alert, AlertChange, AlertStatus } from './graphql-types.ts'
import { listAlerts } from './list-alerts.ts'
import { resolveAlert } from './resolve.ts'

declare module '../../graphql/context.ts' {
  interface Services {
    alertChanges: AlertChanges
  }
}

const AlertConnection = connectionType(Alert, { totalCount: true })

const AlertFilter = builder.inputType('AlertFilter', {
  description: 'Filters a list of alerts. An empty list does not filter.',
  fields: (t) => ({
    statuses: t.field({ description: 'Only alerts with one of these statuses.', type: [AlertStatus] }),
    severities: t.field({ description: 'Only these severities.', type: [Severity] }),
    tenantId: t.string({ description: "Only alerts of this tenant's rules." }),
    ruleId: t.id({ description: 'Only alerts of this rule (rul_...).' }),
    search: t.string({
      description:
        'Only alerts with this text in the name of the rule, the group, the source or the tenant, ignoring case.',
    }),
    window: t.field({
      description: 'Only alerts that were open at some time within this window.',
      type: TimeWindow,
      defaultValue: 'ALL',
    }),
  }),
})

builder.queryField('alerts', (t) =>
  t.field({
    description: 'Visible alerts, newest first.',
    type: AlertConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: AlertFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listAlerts(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

const AlertPayload = builder.objectRef<{ alert: AlertRow }>('AlertPayload').implement({
  description: 'The alert after the change.',
  fields: (t) => ({ alert: t.expose('alert', { description: 'The alert after the change.', type: Alert }) }),
})

builder.mutationFields((t) => {
  const args = {
    id: t.arg.id({ required: true, description: 'An alert (alr_...).' }),
    note: t.arg.string({ description: 'A note for the timeline and the notification, at most 1,000 characters.' }),
  }
  const uuid = (globalId: string) => uuidOf('alr', globalId, 'id')
  return {
    acknowledgeAlert: t.field({
      description: 'Acknowledges an alert: it no longer repeats. CONFLICT for a resolved alert.',
      type: AlertPayload,
      authScopes: { operator: true },
      audit: { action: 'alert.acknowledge', target: 'alert' },
      args,
      resolve: async (_root, { id, note }, context) => {
        const alert = await acknowledgeAlert(context.core, context, uuid(id), note)
        await context.alerting.alertChanged(alert.ruleId)
        return { alert }
      },
    }),
    resolveAlert: t.field({
      description:
        'Resolves an alert. The events that it counted do not raise the next one. CONFLICT for a resolved alert.',
      type: AlertPayload,
      authScopes: { operator: true },
      audit: { action: 'alert.resolve', target: 'alert' },
      args,
      resolve: async (_root, { id, note }, context) => {
        const alert = await resolveAlert(context.core, context, uuid(id), note)
        await context.alerting.alertChanged(alert.ruleId)
        return { alert }
      },
    }),
  }
})

const AlertFrame = builder.objectRef<Frame>('AlertFrame').implement({
  description: 'A change of an alert.',
  fields: (t) => ({
    change: t.expose('change', { description: 'What happened.', type: AlertChange }),
    alert: t.expose('alert', { description: 'The alert after the change.', type: Alert }),
  }),
})

builder.subscriptionField('alerts', (t) =>
  t.field({
    description:
      'Changes of visible alerts from now on, each once and in order. After a lost connection or UNAVAILABLE, read the list again.',
    type: AlertFrame,
    authScopes: { viewer: true },
    extensions: costs({ self: 5 }),
    args: {
      tenantId: t.arg.string({
        description: "Only changes of this tenant's alerts; default: all visible tenants.",
      }),
    },
    subscribe: (_root, { tenantId }, { alertChanges, identity }) => alertChanges.follow(identity, tenantId),
    resolve: (frame) => frame,
  }),
)

import { type CreateAlertRuleInput, Severity, type UpdateAlertRuleInput } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { type FilterFlags, several, single } from '../flags/filter.ts'
import { SEVERITIES } from '../flags/filters.ts'
import { oneOf, text, whole } from '../flags/parsers.ts'
import { nodeAs } from '../session/node.ts'
import type { Session } from '../session/session.ts'

/** The fields that decide which events a rule counts, and when it raises an alert. */
export type RuleConditions = Pick<
  UpdateAlertRuleInput,
  'eventType' | 'source' | 'eventSeverity' | 'threshold' | 'windowSeconds' | 'groupBy'
>

/** The fields that describe a rule's alerts and their notifications. */
export type RuleNotifications = Pick<
  UpdateAlertRuleInput,
  'description' | 'severity' | 'repeatIntervalSeconds' | 'webhookIds'
>

export const conditionFlags: FilterFlags<RuleConditions> = {
  eventType: single('TYPE', 'event types that it counts: a name, or a glob such as order.*', text),
  source: single('SOURCE', 'sources that it counts: a name or a glob', text),
  eventSeverity: single('SEVERITY', `the exact severity that it counts: ${SEVERITIES}`, oneOf(Severity)),
  threshold: single('NUMBER', 'number of events within the window that raises an alert', whole(1)),
  windowSeconds: single('NUMBER', 'length of the window in seconds', whole(1)),
  groupBy: several(
    'FIELD',
    'count each value of these fields separately: source, type, severity, subject, tenantId, or a path such as payload.host',
    text,
  ),
}

export const notificationFlags: FilterFlags<RuleNotifications> = {
  description: single('TEXT', 'the meaning of its alerts, and what to do when one fires', text),
  severity: single('SEVERITY', `severity of its alerts: ${SEVERITIES}; CRITICAL for a new rule`, oneOf(Severity)),
  repeatIntervalSeconds: single(
    'NUMBER',
    'how often a firing alert notifies again, in seconds; 14400 for a new rule',
    whole(1),
  ),
  webhookIds: several(
    'ID',
    'webhooks to notify (whk_...), regardless of their subscriptions, instead of all that subscribe to ops.alert.*',
    text,
  ),
}

const RuleSettings = graphql(`
  query CliRuleSettings($id: ID!) {
    node(id: $id) {
      ... on AlertRule {
        __typename
        name description tenantId eventType source eventSeverity severity threshold windowSeconds groupBy
        repeatIntervalSeconds
      }
    }
  }
`)

/** The settings of a stored rule without its webhooks. Throws Failure (NOT_FOUND). */
export async function settingsOf(
  { api }: Session,
  id: string,
): Promise<Omit<CreateAlertRuleInput, 'webhookIds' | 'enabled'>> {
  const { node: result } = await api.run(RuleSettings, { id })
  const { __typename, ...settings } = nodeAs(result, 'AlertRule', 'alert rule', id)
  return settings
}

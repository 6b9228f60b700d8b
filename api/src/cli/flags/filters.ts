import {
  type AlertFilter,
  type AlertRuleFilter,
  AlertStatus,
  type AuditFilter,
  AuditOutcome,
  type DeliveryFilter,
  DeliveryStatus,
  ErrorKind,
  type EventFilter,
  type HealAttemptFilter,
  HealOutcome,
  HealthStatus,
  HoldReason,
  type LeadFilter,
  LeadStatus,
  type ServiceFilter,
  Severity,
  type SilenceFilter,
  TimeWindow,
  type WebhookFilter,
  WebhookKind,
  WebhookState,
} from '../../../../codegen/gql-cli/graphql.ts'
import { type FilterFlags, several, single } from './filter.ts'
import { instant, oneOf, text, whole, yesOrNo } from './parsers.ts'

const tenantId = single('TENANT', 'of one tenant, by its slug', text)
const window = single('WINDOW', 'a time range that ends now: LAST_15M, LAST_1H, LAST_24H or ALL', oneOf(TimeWindow))
const since = single('TIME', 'at this instant or later: RFC 3339, or a time ago such as 2h', instant)
const until = single('TIME', 'before this instant', instant)
/** The severities, the lowest first. */
export const SEVERITIES = 'INFO, WARNING, ERROR, CRITICAL'
const severities = several('SEVERITY', SEVERITIES, oneOf(Severity))

export const deliveryFlags: FilterFlags<DeliveryFilter> = {
  statuses: several('STATUS', Object.values(DeliveryStatus).join(', '), oneOf(DeliveryStatus)),
  window,
  since,
  until,
  webhookIds: several('ID', 'to one of these webhooks (whk_...)', text),
  eventTypes: several('TYPE', 'event types, or globs such as order.*', text),
  errorKinds: several('KIND', Object.values(ErrorKind).join(', '), oneOf(ErrorKind)),
  statusCodes: several('CODE', 'HTTP status codes of the last answer', whole(100, 599)),
  holdReasons: several('REASON', Object.values(HoldReason).join(', '), oneOf(HoldReason)),
  ruleId: single('ID', 'of events that this alert rule raised (rul_...)', text),
  tenantId,
  recovered: single('true|false', 'true: with a delivered replay; false: dead letters without one', yesOrNo),
  lastAttemptNext: single('true|false', 'true: only deliveries whose next attempt is the last', yesOrNo),
  search: single('TEXT', 'a part of URL, webhook, type, subject or error; or a whole id', text),
}

export const eventFlags: FilterFlags<EventFilter> = {
  types: several('TYPE', 'types, or globs such as order.*', text),
  sources: several('SOURCE', 'sources, exact', text),
  severities,
  window,
  since,
  until,
  correlationId: single('ID', 'with this correlation id', text),
  tenantId,
  search: single('TEXT', 'a part of type, source, subject or payload; or a whole id', text),
}

export const webhookFlags: FilterFlags<WebhookFilter> = {
  states: several('STATE', Object.values(WebhookState).join(', '), oneOf(WebhookState)),
  kinds: several('KIND', Object.values(WebhookKind).join(', '), oneOf(WebhookKind)),
  eventType: single('TYPE', 'that subscribe to events of this type', text),
  tenantId,
  search: single('TEXT', 'a part of name or URL', text),
}

export const alertFlags: FilterFlags<AlertFilter> = {
  statuses: several('STATUS', Object.values(AlertStatus).join(', '), oneOf(AlertStatus)),
  severities,
  ruleId: single('ID', 'of one rule (rul_...)', text),
  tenantId,
  search: single('TEXT', 'a part of the name of the rule, the group, the source or the tenant', text),
  window,
}

export const ruleFlags: FilterFlags<AlertRuleFilter> = {
  enabled: single('true|false', 'true: rules that are evaluated; false: disabled rules', yesOrNo),
  tenantId,
  search: single('TEXT', 'a part of name, description, type or source', text),
}

export const silenceFlags: FilterFlags<SilenceFilter> = {
  active: single('true|false', 'true: active and future silences; false: those that have ended', yesOrNo),
  tenantId,
}

export const auditFlags: FilterFlags<AuditFilter> = {
  actions: several('ACTION', 'actions, or globs such as webhook.*', text),
  actorIds: several('ID', 'by these actors, exact', text),
  outcomes: several('OUTCOME', Object.values(AuditOutcome).join(', '), oneOf(AuditOutcome)),
  targetId: single('ID', 'about this target: whk_..., dlv_..., ...', text),
  tenantId,
  window,
  since,
  until,
}

export const serviceFlags: FilterFlags<ServiceFilter> = {
  statuses: several('STATUS', Object.values(HealthStatus).join(', '), oneOf(HealthStatus)),
  tags: several('TAG', 'with at least one of these tags', text),
  search: single('TEXT', 'a part of name, URL or owner', text),
}

export const healFlags: FilterFlags<HealAttemptFilter> = {
  targetId: single('ID', 'of one target (tgt_...)', text),
  containers: several('CONTAINER', 'of the containers with these names', text),
  outcomes: several('OUTCOME', Object.values(HealOutcome).join(', '), oneOf(HealOutcome)),
  window,
}

export const leadFlags: FilterFlags<LeadFilter> = {
  statuses: several('STATUS', Object.values(LeadStatus).join(', '), oneOf(LeadStatus)),
  sources: several('SOURCE', 'origins, exact', text),
  tenantId,
  window,
  since,
  until,
  search: single('TEXT', 'a part of name, mail, phone, company or notes', text),
}

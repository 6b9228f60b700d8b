import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/enums.ts'

export const DeliveryStatus = builder.enumType('DeliveryStatus', {
  description: 'What has become of a delivery.',
  values: {
    PENDING: { description: 'Waiting for its first attempt, or held (see holdReason).' },
    FAILED: { description: 'The last attempt failed; another is scheduled at nextAttemptAt.' },
    DELIVERED: { description: 'It arrived.' },
    DEAD_LETTER: { description: 'No attempts are left.' },
    CANCELLED: { description: 'Given up on purpose: by an operator, with its webhook, or past its time to live.' },
  } as const,
})

export const HoldReason = builder.enumType('HoldReason', {
  description: 'Why a waiting delivery is not being sent now.',
  values: {
    WEBHOOK_PAUSED: { description: 'Its webhook is paused.' },
    WEBHOOK_DISABLED: { description: 'Its webhook is disabled.' },
    CIRCUIT_OPEN: { description: 'Its webhook failed too often in a row; a probe will show when it is back.' },
    RATE_LIMITED: { description: 'Its webhook takes no more requests per second.' },
    CONCURRENCY_LIMITED: { description: 'Its webhook has as many requests under way as it takes.' },
  } as const,
})

export const ErrorKind = builder.enumType('ErrorKind', {
  description: 'Why an attempt failed.',
  values: {
    DNS: { description: 'The name of the host did not resolve.' },
    CONNECT: { description: 'No connection, or one that broke.' },
    TLS: { description: 'No secure connection: a bad certificate, for one.' },
    TIMEOUT: { description: 'The whole request took longer than the webhook allows.' },
    HTTP_4XX: { description: 'The receiver refused the request.' },
    HTTP_429: { description: 'The receiver asked for fewer requests.' },
    HTTP_5XX: { description: 'The receiver failed.' },
    REDIRECT: { description: 'The receiver pointed elsewhere; redirects are not followed.' },
    BLOCKED_ADDRESS: { description: 'The address is one that webhooks may not reach.' },
    BODY_TOO_LARGE: { description: "The receiver's answer did not end." },
    INTERNAL: { description: 'The request could not be made.' },
  } as const,
})

export const DeliveryMatch = builder.enumType('DeliveryMatch', {
  description: 'What an event came to at one webhook.',
  values: {
    DELIVERED: { description: 'It arrived.' },
    IN_PROGRESS: { description: 'It is on its way, or a retry is scheduled.' },
    HELD: { description: 'It waits: see the reason.' },
    FAILED: { description: 'It was given up.' },
    NOT_SUBSCRIBED: { description: 'The webhook does not take it.' },
    WEBHOOK_DISABLED: { description: 'The webhook was switched off.' },
    WEBHOOK_CREATED_LATER: { description: 'The webhook was not there yet.' },
  } as const,
})

export const DeliveryFilter = builder.inputType('DeliveryFilter', {
  description: 'What to narrow deliveries to: all of it has to fit. An empty list does not narrow.',
  fields: (t) => ({
    statuses: t.field({ description: 'In one of these states.', type: [DeliveryStatus] }),
    window: t.field({
      description:
        'Last changed within this window (see changedAt); together with `since`, from the later of the two. Figures about states (pending, held, unrecovered) ignore window, since and until.',
      type: TimeWindow,
      defaultValue: 'ALL',
    }),
    since: t.field({ description: 'Last changed at this instant or later.', type: 'DateTime' }),
    until: t.field({ description: 'Last changed before this instant.', type: 'DateTime' }),
    webhookIds: t.idList({ description: 'To one of these webhooks (whk_...), at most 200.' }),
    eventTypes: t.stringList({ description: 'Of one of these types, at most 200; globs: "autoheal.*".' }),
    errorKinds: t.field({ description: 'Whose last attempt failed in one of these ways.', type: [ErrorKind] }),
    statusCodes: t.intList({ description: 'Whose last answer had one of these HTTP status codes, at most 200.' }),
    ruleId: t.id({ description: 'Of events that this alert rule raised (rul_...).' }),
    tenantId: t.string({ description: "To one tenant's webhooks." }),
    recovered: t.boolean({
      description:
        'true: dead or cancelled, and a replay arrived. false: dead letters that no replay has recovered; a dead replay of a dead letter is not listed besides it.',
    }),
    lastAttemptNext: t.boolean({
      description: 'true: whose next attempt is the last one (`nearFailure` counts them). false does not narrow.',
    }),
    holdReasons: t.field({ description: 'Open, and not being sent for one of these reasons.', type: [HoldReason] }),
    search: t.string({
      description:
        'With this text in the target URL, the name of the webhook, the event type, the subject or the last error, in whatever case; or a whole id: of a delivery (dlv_...), an event (evt_...), a webhook (whk_...), or a correlation id. At most 200 characters.',
    }),
  }),
})

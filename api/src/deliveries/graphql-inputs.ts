import { builder } from '../graphql/builder.ts'
import { TimeWindow } from '../graphql/types/enums.ts'

export const DeliveryStatus = builder.enumType('DeliveryStatus', {
  description: 'Status of a delivery.',
  values: {
    PENDING: { description: 'Waiting for its first attempt, or held (see holdReason).' },
    FAILED: { description: 'The last attempt failed; the next one is scheduled at nextAttemptAt.' },
    DELIVERED: { description: 'It arrived.' },
    DEAD_LETTER: { description: 'No attempts are left.' },
    CANCELLED: {
      description: 'Cancelled: by an operator, with the deletion of its webhook, or after its time to live.',
    },
  } as const,
})

export const HoldReason = builder.enumType('HoldReason', {
  description: 'Why a waiting delivery is not sent now.',
  values: {
    WEBHOOK_PAUSED: { description: 'Its webhook is paused.' },
    WEBHOOK_DISABLED: { description: 'Its webhook is disabled.' },
    CIRCUIT_OPEN: {
      description: 'The circuit of its webhook is open after consecutive failures; a probe detects recovery.',
    },
    RATE_LIMITED: { description: 'The rate limit of its webhook is reached.' },
    CONCURRENCY_LIMITED: { description: 'The concurrency limit of its webhook is reached.' },
  } as const,
})

export const ErrorKind = builder.enumType('ErrorKind', {
  description: 'Error kinds of attempts.',
  values: {
    DNS: { description: 'The host name did not resolve.' },
    CONNECT: { description: 'The connection failed or was lost.' },
    TLS: { description: 'The TLS connection failed, for example because of an invalid certificate.' },
    TIMEOUT: { description: 'The request exceeded the timeout of the webhook.' },
    HTTP_4XX: { description: 'The receiver answered with a 4xx status.' },
    HTTP_429: { description: 'The receiver answered 429.' },
    HTTP_5XX: { description: 'The receiver answered with a 5xx status.' },
    REDIRECT: { description: 'The receiver answered with a redirect, which is not followed.' },
    BLOCKED_ADDRESS: { description: 'Webhooks may not send to this address.' },
    BODY_TOO_LARGE: { description: "The receiver's response was too large or did not end." },
    INTERNAL: { description: 'The request could not be built.' },
  } as const,
})

export const DeliveryMatch = builder.enumType('DeliveryMatch', {
  description: 'Outcome of an event at one webhook.',
  values: {
    DELIVERED: { description: 'It arrived.' },
    IN_PROGRESS: { description: 'It is being delivered, or a retry is scheduled.' },
    HELD: { description: 'It is held; see the reason.' },
    FAILED: { description: 'It failed or was cancelled.' },
    NOT_SUBSCRIBED: { description: 'The webhook does not subscribe to it.' },
    WEBHOOK_DISABLED: { description: 'The webhook was disabled.' },
    WEBHOOK_CREATED_LATER: { description: 'The webhook did not exist yet.' },
  } as const,
})

export const DeliveryFilter = builder.inputType('DeliveryFilter', {
  description: 'Filter of deliveries. Conditions are combined with AND; an empty list does not narrow the result.',
  fields: (t) => ({
    statuses: t.field({ description: 'With one of these statuses.', type: [DeliveryStatus] }),
    window: t.field({
      description:
        'Last changed within this window (see changedAt); if `since` is also given, the later start applies. Statistics about states (pending, held, unrecovered) ignore window, since and until.',
      type: TimeWindow,
      defaultValue: 'ALL',
    }),
    since: t.field({ description: 'Last changed at or after this time.', type: 'DateTime' }),
    until: t.field({ description: 'Last changed before this time.', type: 'DateTime' }),
    webhookIds: t.idList({ description: 'To one of these webhooks (whk_...), at most 200.' }),
    eventTypes: t.stringList({ description: 'With one of these event types, at most 200; globs: "autoheal.*".' }),
    errorKinds: t.field({
      description: 'Only deliveries whose last attempt failed with one of these error kinds.',
      type: [ErrorKind],
    }),
    statusCodes: t.intList({
      description: 'Only deliveries whose last response had one of these HTTP status codes, at most 200 codes.',
    }),
    ruleId: t.id({ description: 'For alert events of this rule (rul_...).' }),
    tenantId: t.string({ description: 'To webhooks of this tenant.' }),
    recovered: t.boolean({
      description:
        'true: dead or cancelled deliveries with a delivered replay. false: dead letters that no replay has recovered; a dead replay of a dead letter is not listed separately.',
    }),
    lastAttemptNext: t.boolean({
      description:
        'true: deliveries whose next attempt is the last one (counted by `nearFailure`). false does not narrow the result.',
    }),
    holdReasons: t.field({ description: 'Open and held for one of these reasons.', type: [HoldReason] }),
    search: t.string({
      description:
        'Case-insensitive substring of target URL, webhook name, event type, subject or last error; or a whole id: of a delivery (dlv_...), an event (evt_...), a webhook (whk_...), or a correlation id. At most 200 characters.',
    }),
  }),
})

import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { DeletePayload } from '../graphql/payloads.ts'
import { CircuitState, Severity } from '../graphql/types/enums.ts'
import { AppError, type InputIssue } from '../kit/errors.ts'
import { publicId, uuidOf } from '../kit/ids.ts'
import { SealError } from '../kit/seal.ts'
import { createWebhook } from './create.ts'
import { deleteWebhook } from './delete.ts'
import { CreateWebhookInput, UpdateWebhookInput, WebhookFilter, WebhookKind, WebhookState } from './graphql-inputs.ts'
import { checkWebhookUrl } from './input.ts'
import { listWebhooks } from './list.ts'
import type { WebhookRow } from './load.ts'
import { backlogLoader, webhookLoader } from './loaders.ts'
import { pauseWebhook } from './pause.ts'
import { resumeWebhook } from './resume.ts'
import { lastExpiry } from './secrets/previous-secrets.ts'
import { DEFAULT_GRACE_SECONDS, rotateWebhookSecret } from './secrets/rotate.ts'
import { webhookSeals } from './secrets/secrets.ts'
import { redactHeaders } from './send/custom-headers.ts'
import { updateWebhook } from './update.ts'
import { visibleUrl } from './visible-url.ts'

export const Webhook = builder.objectRef<WebhookRow>('Webhook').implement({
  description: 'A target of deliveries, with its subscription and settings.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with whk_.', resolve: idOf('whk') }),
    name: t.exposeString('name', { description: 'Display name.' }),
    url: t.string({
      description:
        'Its URL, to which deliveries are POSTed. The URL of a chat service (Slack, Teams, Discord) is a secret: below OPERATOR only its host and its last characters are shown.',
      resolve: (webhook, _args, { identity }) => visibleUrl(identity, webhook, webhook.url),
    }),
    kind: t.expose('kind', { description: 'The format of its requests.', type: WebhookKind }),
    tenantId: t.exposeString('tenantId', {
      description:
        'Its tenant; null: the whole installation. It then receives the events of every tenant and of the system.',
      nullable: true,
    }),
    eventTypes: t.exposeStringList('eventTypes', {
      description: 'Globs of the event types that it subscribes to; [] means every type.',
    }),
    minSeverity: t.expose('minSeverity', {
      description: 'The lowest severity of the events that it receives.',
      type: Severity,
    }),
    state: t.expose('state', {
      description: 'Whether deliveries are sent, wait, or are not created.',
      type: WebhookState,
    }),
    disabledReason: t.exposeString('disabledReason', { description: 'The reason why it is DISABLED.', nullable: true }),
    circuitBreaker: t.exposeBoolean('circuitBreaker', {
      description: 'Whether deliveries wait while the receiver is down; false: each uses its own attempts.',
    }),
    circuit: t.expose('circuit', {
      description: 'OPEN after 10 consecutive failures. A probe after 30 s, doubling to 15 min, closes it again.',
      type: CircuitState,
    }),
    nextProbeAt: t.field({
      description: 'The time of the next probe while the circuit is OPEN; null otherwise.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ circuit, circuitProbeAt }) => (circuit === 'OPEN' ? circuitProbeAt : null),
    }),
    backlog: t.int({
      description: 'Number of its open deliveries: waiting, held or retrying.',
      extensions: costs({ self: 20 }),
      resolve: async ({ id }, _args, context) => (await backlogLoader(context).load(id)) ?? 0,
    }),
    failingSince: t.expose('failingSince', {
      description: 'The first failure since the last success; null while it works. After 5 days it is disabled.',
      type: 'DateTime',
      nullable: true,
    }),
    ratePerSecond: t.exposeInt('ratePerSecond', {
      description: 'Maximum number of requests per second; null: no limit.',
      nullable: true,
    }),
    maxConcurrency: t.exposeInt('maxConcurrency', { description: 'Maximum number of concurrent requests.' }),
    timeoutMs: t.exposeInt('timeoutMs', { description: 'The timeout of a whole request, in milliseconds.' }),
    retrySchedule: t.exposeIntList('retrySchedule', {
      description: 'Seconds between an attempt and the next, plus or minus a fifth; [] is one attempt.',
    }),
    headers: t.field({
      description: 'Custom request headers. Values of names that suggest a secret are "[redacted]".',
      type: 'JSON',
      resolve: (webhook, _args, { core }) => {
        try {
          return redactHeaders(webhookSeals(core).openHeaders(webhook.id, webhook.headersSealed))
        } catch (error) {
          if (!(error instanceof SealError)) throw error
          throw new AppError(
            'INTERNAL',
            `the headers of ${publicId('whk', webhook.id)} cannot be read: ${error.message}`,
          )
        }
      },
    }),
    previousSecretValidUntil: t.field({
      description: 'Until when a secret from before the last rotation also signs; null: none does.',
      type: 'DateTime',
      nullable: true,
      resolve: ({ previousSecrets }) => lastExpiry(previousSecrets),
    }),
    createdAt: t.expose('createdAt', { description: 'When it was created.', type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { description: 'When its settings or its state last changed.', type: 'DateTime' }),
    deletedAt: t.expose('deletedAt', {
      description: 'When it was deleted. Only its old deliveries still refer to it.',
      type: 'DateTime',
      nullable: true,
    }),
  }),
})

registerNode('whk', Webhook, async (ids, context) => {
  const rows = await webhookLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})

const WebhookConnection = connectionType(Webhook, { totalCount: true })

builder.queryField('webhooks', (t) =>
  t.field({
    description: 'Visible webhooks, newest first.',
    type: WebhookConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: WebhookFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listWebhooks(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

const WebhookUrlCheck = builder.objectRef<{ problem: string | null }>('WebhookUrlCheck').implement({
  description: 'Whether webhooks may reach a URL.',
  fields: (t) => ({
    ok: t.boolean({ description: 'Whether webhooks may reach it.', resolve: ({ problem }) => problem === null }),
    problem: t.exposeString('problem', {
      description: 'The reason why they may not; null if they may.',
      nullable: true,
    }),
  }),
})

builder.queryField('checkWebhookUrl', (t) =>
  t.field({
    description:
      'Checks a URL as in createWebhook: its form, and the present addresses of its name. No request is sent.',
    type: WebhookUrlCheck,
    authScopes: { operator: true },
    extensions: costs({ self: 100 }),
    args: { url: t.arg.string({ required: true, description: 'An http or https URL.' }) },
    resolve: async (_root, { url }, { core }) => {
      const issues: InputIssue[] = []
      await checkWebhookUrl(core, url, ['url'], issues)
      return { problem: issues[0]?.message ?? null }
    },
  }),
)

const WebhookPayload = builder.objectRef<{ webhook: WebhookRow }>('WebhookPayload').implement({
  description: 'The webhook after the change.',
  fields: (t) => ({ webhook: t.expose('webhook', { description: 'The webhook after the change.', type: Webhook }) }),
})

const CreateWebhookPayload = builder
  .objectRef<{ webhook: WebhookRow; secret: string }>('CreateWebhookPayload')
  .implement({
    description: 'The new webhook and its secret.',
    fields: (t) => ({
      webhook: t.expose('webhook', { description: 'The new webhook.', type: Webhook }),
      secret: t.exposeString('secret', {
        description: 'The secret that signs its requests (whsec_...). It is only shown here.',
      }),
    }),
  })

const RotateWebhookSecretPayload = builder
  .objectRef<{ webhook: WebhookRow; secret: string; previousValidUntil: Date }>('RotateWebhookSecretPayload')
  .implement({
    description: 'The new secret, and the end of the previous one.',
    fields: (t) => ({
      webhook: t.expose('webhook', { description: 'The webhook after the change.', type: Webhook }),
      secret: t.exposeString('secret', { description: 'The new secret (whsec_...). It is only shown here.' }),
      previousValidUntil: t.expose('previousValidUntil', {
        description: 'Until then requests have two signatures, one with each secret.',
        type: 'DateTime',
      }),
    }),
  })

builder.mutationFields((t) => {
  const id = t.arg.id({ required: true, description: 'A webhook (whk_...).' })
  const uuid = (globalId: string) => uuidOf('whk', globalId, 'id')
  return {
    createWebhook: t.field({
      description: 'Creates a webhook. Its URL must be allowed now and at each request.',
      type: CreateWebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.create', target: 'webhook' },
      args: { input: t.arg({ required: true, description: 'The webhook.', type: CreateWebhookInput }) },
      resolve: (_root, { input }, context) => createWebhook(context.core, context, input),
    }),
    updateWebhook: t.field({
      description: 'Changes only the given fields.',
      type: WebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.update', target: 'webhook' },
      args: { id, input: t.arg({ required: true, description: 'The changes.', type: UpdateWebhookInput }) },
      resolve: async (_root, args, context) => ({
        webhook: await updateWebhook(context.core, context, uuid(args.id), args.input),
      }),
    }),
    deleteWebhook: t.field({
      description: 'Deletes a webhook. Waiting deliveries are cancelled; past deliveries are kept.',
      type: DeletePayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.delete', target: 'webhook' },
      args: { id },
      resolve: async (_root, args, context) => {
        await deleteWebhook(context.core, context, uuid(args.id))
        return { deletedId: args.id }
      },
    }),
    pauseWebhook: t.field({
      description: 'Pauses a webhook: its deliveries wait until it is resumed. New events still create deliveries.',
      type: WebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.pause', target: 'webhook' },
      args: { id },
      resolve: async (_root, args, context) => ({
        webhook: await pauseWebhook(context.core, context, uuid(args.id)),
      }),
    }),
    resumeWebhook: t.field({
      description: 'Resumes a webhook from PAUSED or DISABLED, and closes its circuit.',
      type: WebhookPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.resume', target: 'webhook' },
      args: { id },
      resolve: async (_root, args, context) => ({
        webhook: await resumeWebhook(context.core, context, uuid(args.id)),
      }),
    }),
    rotateWebhookSecret: t.field({
      description:
        'Creates a new secret. The previous one also signs for a while, so that the receiver can change over.',
      type: RotateWebhookSecretPayload,
      authScopes: { operator: true },
      audit: { action: 'webhook.rotateSecret', target: 'webhook' },
      args: {
        id,
        graceSeconds: t.arg.int({
          description: 'How long the previous secret also signs, 0 to 604,800 s (7 days).',
          defaultValue: DEFAULT_GRACE_SECONDS,
        }),
      },
      resolve: (_root, args, context) =>
        rotateWebhookSecret(context.core, context, uuid(args.id), args.graceSeconds ?? DEFAULT_GRACE_SECONDS),
    }),
  }
})

import type { TestApp } from '../harness.ts'
import { byId, create, register, type Tenant } from './register.ts'

const inputOf = ({ tenantId, mark }: Tenant, eventTypes: readonly string[] = []) =>
  `input: { name: "${mark}", url: "http://127.0.0.1:9/${mark}", tenantId: "${tenantId}", eventTypes: ${JSON.stringify(eventTypes)} }`

/** Creates a webhook. By default it subscribes to all event types. */
export const newWebhook = (app: TestApp, tenant: Tenant, eventTypes?: readonly string[]): Promise<string> =>
  create(app, `createWebhook(${inputOf(tenant, eventTypes)}) { created: webhook { id } }`)

register('webhooks', {
  fresh: { webhook: (app, tenant) => newWebhook(app, tenant) },
  tables: { webhooks: { ids: 'whk' } },
  mutations: {
    createWebhook: { args: (target) => inputOf(target), action: 'webhook.create' },
    updateWebhook: byId('webhook.update', ', input: { url: "http://127.0.0.1:9/changed" }'),
    deleteWebhook: byId('webhook.delete'),
    pauseWebhook: byId('webhook.pause'),
    resumeWebhook: byId('webhook.resume'),
    rotateWebhookSecret: byId('webhook.rotateSecret'),
    testWebhook: byId('webhook.test'),
    probeWebhook: { ...byId('webhook.probe'), succeedsElsewhere: true },
  },
  queries: { checkWebhookUrl: () => ['(url: "http://127.0.0.1:9/")'] },
  filters: { webhookIds: ({ ids }) => `["${ids.webhook}"]` },
  many: (app, numbers) =>
    Promise.all(numbers.map((n) => newWebhook(app, { tenantId: 'default', mark: `w${n}` }, [`type.n${n}`]))),
  fieldArgs: { 'Query.failingWebhooks': '(first: 100)' },
  outOfReach: ['WebhookHealthBucket'],
})

import type { ServerResponse } from 'node:http'
import { expect } from 'vitest'
import { addTenants, startTestApp, type TestApp } from '../harness.ts'
import { type Behaviour, type Receiver, startReceiver } from '../servers/receivers.ts'

export const PUBLISH = `mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted results { error { message } } } }`

/** A delivery in a response. */
export interface ShownDelivery {
  status: string
  holdReason: string | null
  attemptCount: number
  lastErrorKind: string | null
  attempts: { durationMs: number; errorKind: string | null; responseBody: string | null }[]
}

/** An app with a worker that delivers to receivers of this process. */
export interface Lanes {
  app: TestApp
  /** Starts a receiver, which is closed with the app. */
  receiving(behaviour: Behaviour, options?: { tls: boolean }): Promise<Receiver>
  /** Closes another receiver with the app. */
  closing(receiver: Receiver): Receiver
  /** Creates a webhook of a tenant, and the tenant if it does not exist. `input` overrides the settings. */
  webhook(tenantId: string, url: string, input?: object): Promise<string>
  /** Publishes events of a tenant. */
  publish(tenantId: string, count: number): Promise<void>
  /** The deliveries to a webhook, newest first. */
  deliveriesOf(webhookId: string): Promise<ShownDelivery[]>
  /** The number of deliveries to a webhook that have succeeded. */
  delivered(webhookId: string): Promise<number>
  stop(): Promise<void>
}

/** The settings of an app whose worker sweeps often. */
export const WORKER = { worker: true, env: { SWEEP_INTERVAL_MS: '50' } } as const

export async function startLanes(): Promise<Lanes> {
  const app = await startTestApp({ tenants: [], ...WORKER })
  const receivers: Receiver[] = []
  const closing = (receiver: Receiver) => {
    receivers.push(receiver)
    return receiver
  }
  const deliveriesOf = async (id: string) =>
    (
      await app.ok<{ deliveries: { nodes: ShownDelivery[] } }>(
        `query ($ids: [ID!]) { deliveries(first: 200, filter: { webhookIds: $ids }) { nodes {
          status holdReason attemptCount lastErrorKind attempts { durationMs errorKind responseBody } } } }`,
        { ids: [id] },
      )
    ).deliveries.nodes
  return {
    app,
    closing,
    receiving: async (behaviour, options) => closing(await startReceiver(behaviour, options)),
    async webhook(tenantId, url, input = {}) {
      await addTenants(app.core, [tenantId])
      const made = await app.ok<{ createWebhook: { webhook: { id: string } } }>(
        'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } } }',
        { input: { name: url, url, tenantId, eventTypes: ['order.*'], ...input } },
      )
      return made.createWebhook.webhook.id
    },
    async publish(tenantId, count) {
      const event = (i: number) => ({ type: 'order.created', source: 'shop', tenantId, payload: { i } })
      const { publishEvents } = await app.ok<{ publishEvents: { accepted: number } }>(PUBLISH, {
        input: Array.from({ length: count }, (_, i) => event(i)),
      })
      expect(publishEvents.accepted).toBe(count)
    },
    deliveriesOf,
    delivered: async (id) => (await deliveriesOf(id)).filter(({ status }) => status === 'DELIVERED').length,
    async stop() {
      await app.stop()
      await Promise.all(receivers.map((receiver) => receiver.close()))
    },
  }
}

/** A gate for a receiver. Requests wait at the gate until it is opened. */
export const createGate = () => {
  const waiting = new Set<ServerResponse>()
  let isOpen = false
  let most = 0
  return {
    behaviour: (({ response }) => {
      waiting.add(response)
      most = Math.max(most, waiting.size)
      response.once('close', () => waiting.delete(response))
      if (isOpen) response.end('ok')
    }) satisfies Behaviour,
    /** The maximum number of concurrent requests. */
    most: () => most,
    open() {
      isOpen = true
      for (const response of waiting) response.end('ok')
    },
  }
}

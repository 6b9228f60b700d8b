import { tryUuid } from '../../src/kit/ids.ts'
import type { As, TestApp } from '../harness.ts'
import { ACME } from './deliveries.ts'

/** A selection of all settings, as the fragment W. */
export const WEBHOOK = `fragment W on Webhook {
  id name url kind tenantId eventTypes minSeverity state disabledReason circuitBreaker circuit ratePerSecond maxConcurrency
  timeoutMs retrySchedule headers createdAt previousSecretValidUntil
}`

export const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { ...W } } } ${WEBHOOK}`

/** A webhook in a response. */
export interface W {
  id: string
  name: string
  [field: string]: unknown
}

/** A valid input. `over` overrides its fields. */
export const webhookInput = (over: object = {}) => ({
  name: 'billing',
  url: 'https://93.184.215.7/hook',
  eventTypes: ['order.*'],
  ...over,
})

/** Creates a webhook through the API. */
export async function createWebhook(app: TestApp, over: object = {}, as: As = ACME): Promise<W> {
  const variables = { input: webhookInput(over) }
  return (await app.ok<{ createWebhook: { webhook: W } }>(CREATE, variables, { as })).createWebhook.webhook
}

/** The stored row of a webhook. */
export async function webhookRow(app: TestApp, id: string) {
  const [found] = await app.sql<
    Record<string, unknown> & { version: number; secret_sealed: string; headers_sealed: string | null }
  >('SELECT * FROM webhooks WHERE id = $1', [tryUuid('whk', id)])
  return found!
}

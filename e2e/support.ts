import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { expect, type Page } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { documentId } from '../web/lib/document-id.ts'

/** A setting of the installation under test. playwright.config.ts starts the installation and sets these variables. */
const env = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; playwright.config.ts sets it`)
  return value
}
export const apiUrl = (): string => process.env.API_URL ?? `http://127.0.0.1:${env('PORT')}`
export const receiverUrl = (): string => `http://127.0.0.1:${env('DEMO_RECEIVER_PORT')}`
export const adminKey = (): string => env('AETHERLINK_ADMIN_KEY')

/** Sends a signal to the API. A killed API is started again. A stopped API hangs until it gets SIGCONT. */
export function signalApi(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  const run: { children: Record<string, { pid: number }> } = JSON.parse(
    readFileSync(join(env('E2E_DATA_DIR'), 'run.json'), 'utf8'),
  )
  process.kill(run.children.api?.pid ?? Number.NaN, signal)
}

/** A text that is unique per run and test, so that tests do not see each other's rows. */
export const unique = (): string => randomBytes(4).toString('hex')

/** Runs an operation as administrator, directly against the API. */
export async function call<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(`${apiUrl()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey()}` },
    body: JSON.stringify({ documentId: documentId(document), variables }),
  })
  const answer: { data?: Result | null; errors?: unknown } = await response.json()
  if (!answer.data || answer.errors) throw new Error(`the API refused: ${JSON.stringify(answer.errors)}`)
  return answer.data
}

/** Sets how a path of the demo receiver behaves; `down` answers 503. */
export async function behave(path: string, mode: 'ok' | 'down' | 'hang'): Promise<void> {
  const response = await fetch(`${receiverUrl()}/behaviour`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path, mode }),
  })
  expect(response.ok).toBe(true)
}

const CreateReceiver = graphql(`
  mutation E2eCreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        id
        name
      }
    }
  }
`)

const Publish = graphql(`
  mutation E2ePublish($input: [PublishEventInput!]!) {
    publishEvents(input: $input) {
      accepted
      results {
        event {
          id
        }
      }
    }
  }
`)

const MoveReceiver = graphql(`
  mutation E2eMoveWebhook($id: ID!, $url: String!) {
    updateWebhook(id: $id, input: { url: $url }) {
      webhook {
        id
      }
    }
  }
`)

const PauseReceiver = graphql(`
  mutation E2ePauseWebhook($id: ID!) {
    pauseWebhook(id: $id) {
      webhook {
        id
      }
    }
  }
`)

/**
 * Creates a webhook of tenant-1 for one event type. It has a single attempt, so that a failed delivery is a dead letter
 * at once.
 */
export async function createReceiver(type: string, path: string) {
  const { createWebhook } = await call(CreateReceiver, {
    input: {
      name: `Receiver of ${type}`,
      url: receiverUrl() + path,
      tenantId: 'tenant-1',
      eventTypes: [type],
      retrySchedule: [],
      circuitBreaker: false,
    },
  })
  return createWebhook.webhook
}

/** Changes the URL of a webhook to another path of the demo receiver. */
export const moveReceiver = (id: string, path: string) => call(MoveReceiver, { id, url: receiverUrl() + path })

export const pauseReceiver = (id: string) => call(PauseReceiver, { id })

const Unregister = graphql(`
  mutation E2eUnregisterService($name: String!) {
    unregisterService(name: $name) {
      deletedId
    }
  }
`)

/** Removes a service from the registry. Does nothing if the service is not registered. */
export const unregister = (name: string) => call(Unregister, { name }).catch(() => undefined)

const CountDead = graphql(`
  query E2eCountDead($type: String!) {
    deliveries(filter: { eventTypes: [$type], recovered: false }) {
      totalCount
    }
  }
`)

/** Number of unrecovered dead letters of an event type. */
export const countDead = async (type: string): Promise<number> =>
  (await call(CountDead, { type })).deliveries.totalCount

/** Creates a dead letter of a unique event type. Also returns the path of its receiver, which is down. */
export async function createDeadLetter(name: string, payload: unknown = { order: 4711 }) {
  const type = `e2e.${name}.${unique()}`
  const path = `/${type}`
  await behave(path, 'down')
  const webhook = await createReceiver(type, path)
  await publish(type, 1, { payload })
  await expect.poll(() => countDead(type)).toBe(1)
  return { type, path, webhook }
}

interface PublishedFields {
  severity?: 'INFO' | 'CRITICAL'
  payload?: unknown
  source?: string
  tenantId?: string
  correlationId?: string
  causationId?: string
  traceparent?: string
}

/** Publishes events of a type for tenant-1 and returns their ids. */
export async function publish(type: string, count = 1, fields: PublishedFields = {}): Promise<string[]> {
  const input = Array.from({ length: count }, (_, n) => ({
    type,
    source: 'e2e',
    tenantId: 'tenant-1',
    subject: `item/${n}`,
    payload: { n },
    ...fields,
  }))
  const { publishEvents } = await call(Publish, { input })
  expect(publishEvents.accepted).toBe(count)
  return publishEvents.results.map(({ event }) => event?.id ?? '')
}

export type Role = 'Viewer' | 'Agent' | 'Operator' | 'Admin'

/** Signs in without the form, which has its own tests (access.spec.ts). */
export async function startSession(page: Page, role: Role, tenantId?: string): Promise<void> {
  const data = { kind: 'dev', role: role.toUpperCase(), tenantId }
  const answer = await page.request.post('/session', { data, headers: { 'sec-fetch-site': 'same-origin' } })
  expect(answer.status()).toBe(204)
}

/**
 * Signs in and goes to a page. Leaves the open page first, because it would go to the sign-in page by itself when its
 * session ends.
 */
export async function visitAs(page: Page, role: Role, path: string, tenantId?: string): Promise<void> {
  await page.goto('about:blank')
  await startSession(page, role, tenantId)
  await visit(page, path)
}

/** Opens a page of the console and waits until its scripts run, because earlier clicks would be lost. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await isReady(page)
}

/** Waits until the scripts of the open page run. */
export const isReady = (page: Page) => expect(page.locator('[data-ready]')).toHaveCount(1)

/** Opens a page without a session and signs in with the form. */
export async function signInAs(page: Page, role: Role, path: string, tenant = ''): Promise<void> {
  await page.goto(path)
  await expect(page).toHaveURL(/\/sign-in/)
  await chooseRole(page, role)
  if (tenant) await page.getByRole('combobox', { name: 'Tenant' }).fill(tenant)
  await page.getByRole('button', { name: `Sign in as ${role.toLowerCase()}` }).click()
  await expect(page).not.toHaveURL(/\/sign-in/)
}

export async function chooseRole(page: Page, role: Role): Promise<void> {
  // The form is disabled until the page's scripts run.
  await expect(page.getByRole('radio', { name: role })).toBeEnabled()
  await page.getByRole('radiogroup', { name: 'Role' }).getByText(role, { exact: true }).click()
}

/** The rows of the list. */
export const rows = (page: Page) => page.locator('[data-id]')

/** The details of the open row. */
export const pane = (page: Page, kind = 'Delivery') => page.getByRole('complementary', { name: `${kind} details` })

/** The notification that contains a text. */
export const toast = (page: Page, text: string | RegExp) => page.locator('[data-toast]').filter({ hasText: text })

/** The field that filters the list. */
export const filterField = (page: Page) => page.getByRole('combobox', { name: /^Filter / })

/** Types a filter such as `status:dead` and applies it. */
export async function addFilter(page: Page, text: string): Promise<void> {
  await filterField(page).fill(text)
  await filterField(page).press('Enter')
}

/** Selects a button of a group, such as a severity. */
export const choose = (page: Page, group: 'Severity' | 'Time window', option: string) =>
  page.getByRole('radiogroup', { name: group }).getByText(option, { exact: true }).click()

/** The freshness indicator of the top bar. */
export const liveState = (page: Page) => page.getByTestId('live-state')

export async function openAccount(page: Page): Promise<void> {
  await isReady(page)
  await page.getByRole('button', { name: /^Account:/ }).click()
}

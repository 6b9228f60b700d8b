import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { expect, type Page } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { documentId } from '../web/lib/document-id.ts'

/** The installation under test: playwright.config.ts starts it and settles these. */
const env = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; playwright.config.ts sets it`)
  return value
}
export const apiUrl = (): string => process.env.API_URL ?? `http://127.0.0.1:${env('PORT')}`
export const receiverUrl = (): string => `http://127.0.0.1:${env('DEMO_RECEIVER_PORT')}`
export const adminKey = (): string => env('AETHERLINK_ADMIN_KEY')

/** Kills the API, which is started again. */
export function killApi(): void {
  const run: { children: Record<string, { pid: number }> } = JSON.parse(
    readFileSync(join(env('E2E_DATA_DIR'), 'run.json'), 'utf8'),
  )
  process.kill(run.children.api?.pid ?? Number.NaN, 'SIGKILL')
}

/** Different in each run and test, so that tests do not see each other's rows. */
export const unique = (): string => randomBytes(4).toString('hex')

/** One operation as the administrator, past the web. */
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

/** Sets how a path of the demo receiver answers; `down` is 503 to everything. */
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

/** A webhook of tenant-1 for events of one type, with a single attempt for each: what fails is a dead letter at once. */
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

export const pauseReceiver = (id: string) => call(PauseReceiver, { id })

export async function publish(
  type: string,
  count = 1,
  fields: { severity?: 'INFO' | 'CRITICAL'; payload?: unknown; tenantId?: string } = {},
) {
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
}

type Role = 'Viewer' | 'Agent' | 'Operator' | 'Admin'

/** Signs in without the form, which has tests of its own (access.spec.ts), and goes to a page. */
export async function visitAs(page: Page, role: Role, path: string): Promise<void> {
  const data = { kind: 'dev', role: role.toUpperCase() }
  const answer = await page.request.post('/session', { data, headers: { 'sec-fetch-site': 'same-origin' } })
  expect(answer.status()).toBe(204)
  await page.goto(path)
}

/** Goes to a page as a visitor without a session and signs in on the way, as people do. */
export async function signInAs(page: Page, role: Role, path: string, tenant = ''): Promise<void> {
  await page.goto(path)
  await expect(page).toHaveURL(/\/sign-in/)
  await chooseRole(page, role)
  if (tenant) await page.getByRole('combobox', { name: 'Tenant' }).fill(tenant)
  await page.getByRole('button', { name: `Sign in as ${role.toLowerCase()}` }).click()
  await expect(page).not.toHaveURL(/\/sign-in/)
}

export async function chooseRole(page: Page, role: Role): Promise<void> {
  // The form takes nothing before the page's scripts have it.
  await expect(page.getByRole('radio', { name: role })).toBeEnabled()
  await page.getByRole('radiogroup', { name: 'Role' }).getByText(role, { exact: true }).click()
}

/** The rows of the list, or the cards that stand for them on a narrow screen. */
export const rows = (page: Page) => page.locator('[data-id]')

/** Picks one of the round buttons above a list. */
export const choose = (page: Page, group: 'Status' | 'Severity', option: string) =>
  page.getByRole('radiogroup', { name: group }).getByText(option, { exact: true }).click()

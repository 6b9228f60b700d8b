import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test as base, expect } from '@playwright/test'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { call, unique } from './support.ts'

const CreateWebhook = graphql(`
  mutation AlertsCreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      webhook {
        id
        name
      }
    }
  }
`)

const ResumeWebhook = graphql(`
  mutation AlertsResumeWebhook($id: ID!) {
    resumeWebhook(id: $id) {
      webhook {
        id
        state
      }
    }
  }
`)

const DeleteWebhook = graphql(`
  mutation AlertsDeleteWebhook($id: ID!) {
    deleteWebhook(id: $id) {
      deletedId
    }
  }
`)

const CreateTenant = graphql(`
  mutation AlertsCreateTenant($id: String!) {
    createTenant(input: { id: $id, name: $id }) {
      tenant {
        id
      }
    }
  }
`)

const CreateRule = graphql(`
  mutation AlertsCreateRule($input: CreateAlertRuleInput!) {
    createAlertRule(input: $input) {
      rule {
        id
        name
      }
    }
  }
`)

const DeleteRule = graphql(`
  mutation AlertsDeleteRule($id: ID!) {
    deleteAlertRule(id: $id) {
      deletedId
    }
  }
`)

const OpenAlerts = graphql(`
  query AlertsOpen($ruleId: ID!) {
    alerts(filter: { ruleId: $ruleId, statuses: [FIRING, ACKNOWLEDGED] }) {
      totalCount
    }
  }
`)

/** A receiver for one test, with the requests that it received and the status that it answers. */
export class Receiver {
  bodies: string[] = []
  status = 200

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const receiver = new Receiver(server, `http://127.0.0.1:${port}/hook`)
    server.on('request', (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (part: string) => {
        body += part
      })
      request.on('end', () => {
        receiver.bodies.push(body)
        response.writeHead(receiver.status).end()
      })
    })
    return receiver
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  /** Waits for the Slack message that contains all of `parts`, and returns its text. */
  async slackMessage(...parts: string[]): Promise<string> {
    const find = () =>
      this.bodies
        .map((body): { text?: string } => JSON.parse(body))
        .find(({ text }) => parts.every((part) => text?.includes(part)))
    await expect.poll(find, { message: `a Slack message with ${parts.join(', ')}` }).toBeDefined()
    return find()?.text ?? ''
  }
}

/** Rules and webhooks of one test. They are removed after the test, so that they do not affect the next one. */
export class Fixtures {
  readonly rules: string[] = []
  readonly webhooks: string[] = []

  constructor(private readonly receiver: Receiver) {}

  /** Creates a webhook to the test's receiver. */
  async createWebhook(kind: 'SLACK' | 'STANDARD', eventTypes: string[], tenantId = 'tenant-1') {
    const { createWebhook } = await call(CreateWebhook, {
      input: {
        name: `Receiver ${unique()}`,
        url: this.receiver.url,
        tenantId,
        kind,
        eventTypes,
        retrySchedule: [],
      },
    })
    this.webhooks.push(createWebhook.webhook.id)
    return createWebhook.webhook
  }

  /** Creates a rule of tenant-1 for one event type. The rule fires at the second event within an hour. */
  async createRule(eventType: string, fields: { groupBy?: string[]; webhookIds?: string[]; threshold?: number } = {}) {
    const input = { name: `Rule ${unique()}`, tenantId: 'tenant-1', eventType, threshold: 2, windowSeconds: 3_600 }
    const { createAlertRule } = await call(CreateRule, { input: { ...input, ...fields } })
    this.rules.push(createAlertRule.rule.id)
    return createAlertRule.rule
  }

  async remove(): Promise<void> {
    for (const id of this.rules) await call(DeleteRule, { id })
    for (const id of this.webhooks) await deleteWebhook(id)
  }
}

/** Tests with a receiver, and with rules and webhooks that are removed afterwards. */
export const test = base.extend<{ receiver: Receiver; made: Fixtures }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures this one needs
  receiver: async ({}, use) => {
    const receiver = await Receiver.start()
    await use(receiver)
    receiver.stop()
  },
  made: async ({ receiver }, use) => {
    const made = new Fixtures(receiver)
    await use(made)
    await made.remove()
  },
})

/** The number of alerts of a rule that are not resolved. */
export const openAlerts = async (ruleId: string) => (await call(OpenAlerts, { ruleId })).alerts.totalCount

/** Creates a tenant whose pages show only what one test causes. Tenants are not deleted. */
export async function createTenant(): Promise<string> {
  const { createTenant: created } = await call(CreateTenant, { id: `tenant-${unique()}` })
  return created.tenant.id
}

export const deleteWebhook = (id: string) => call(DeleteWebhook, { id })

export const resumeWebhook = (id: string) => call(ResumeWebhook, { id })

import { expect, test } from '@playwright/test'
import type { HealthStatus } from '../codegen/gql-e2e/graphql.ts'
import { graphql } from '../codegen/gql-e2e/index.ts'
import webPackage from '../web/package.json' with { type: 'json' }
import {
  call,
  createReceiver,
  pane,
  pauseReceiver,
  publish,
  receiverUrl,
  rows,
  toast,
  unique,
  unregister,
  visit,
  visitAs,
} from './support.ts'

const Register = graphql(`
  mutation E2eRegisterService($input: RegisterServiceInput!) {
    registerService(input: $input) {
      service {
        id
      }
    }
  }
`)

const Beat = graphql(`
  mutation E2eHeartbeat($name: String!, $status: HealthStatus!) {
    heartbeat(name: $name, status: $status) {
      service {
        id
        status
      }
    }
  }
`)

const CreateRule = graphql(`
  mutation E2eCreateAlertRule($input: CreateAlertRuleInput!) {
    createAlertRule(input: $input) {
      rule {
        id
      }
    }
  }
`)

const DeleteRule = graphql(`
  mutation E2eDeleteAlertRule($id: ID!) {
    deleteAlertRule(id: $id) {
      deletedId
    }
  }
`)

const CountOpenAlerts = graphql(`
  query E2eCountOpenAlerts($rule: ID!) {
    alerts(filter: { ruleId: $rule, statuses: [FIRING] }, first: 1) {
      totalCount
    }
  }
`)

const countOpenAlerts = async (rule: string) => (await call(CountOpenAlerts, { rule })).alerts.totalCount

/** Registers a service without a probe, so that its heartbeats alone determine its status. */
async function register(name: string, more: { url?: string; dependsOn?: string[] } = {}): Promise<void> {
  await call(Register, {
    input: { name, url: `http://${name}:8000`, healthUrl: '', ttlSeconds: 3_600, tags: ['e2e'], ...more },
  })
  await beat(name, 'OK')
}
const beat = (name: string, status: HealthStatus) => call(Beat, { name, status })

test('a service that fails is shown at once with everything that its failure affects, and recovers live', async ({
  page,
}) => {
  const run = unique()
  const [db, crm, shop] = [`db-${run}`, `crm-${run}`, `shop-${run}`]
  const { createAlertRule } = await call(CreateRule, {
    input: {
      name: `Falls of ${run}`,
      eventType: 'service.health.failed',
      groupBy: ['subject'],
      threshold: 1,
      windowSeconds: 3_600,
    },
  })
  // More open alerts than a page of the API has. The blast radius must find those on every page.
  const noise = await call(CreateRule, {
    input: {
      name: `Noise of ${run}`,
      eventType: `e2e.noise.${run}`,
      groupBy: ['subject'],
      threshold: 1,
      windowSeconds: 3_600,
    },
  })
  try {
    await register(db)
    await register(crm, { dependsOn: [db], url: receiverUrl() })
    await register(shop, { dependsOn: [crm, 'elsewhere'] })
    const receiver = await createReceiver(`e2e.reach.${run}`, `/reach-${run}`)
    await pauseReceiver(receiver.id)
    await publish(`e2e.reach.${run}`, 2)

    await visitAs(page, 'Operator', `/services?q=${run}`)
    await expect(rows(page)).toHaveCount(3)
    await expect(rows(page).filter({ hasText: db })).toContainText('OK')
    await beat(db, 'DOWN')
    await expect(rows(page).first()).toContainText(db)
    await expect(rows(page).first()).toContainText('Down')
    await expect(page.getByTestId('services-verdict')).toContainText(/\d+ of \d+ services down/)
    await expect(page.getByRole('navigation', { name: 'Pages' }).getByTitle(/^Services: \d+$/)).toBeVisible()

    await publish(`e2e.noise.${run}`, 210)
    await expect.poll(() => countOpenAlerts(noise.createAlertRule.rule.id)).toBe(210)
    await rows(page).first().click()
    const reach = pane(page, 'Service').getByRole('region', { name: 'Blast radius' })
    await expect(reach.getByRole('link', { name: crm, exact: true })).toBeVisible()
    await expect(reach.getByRole('link', { name: shop, exact: true })).toBeVisible()
    await expect(reach).toContainText(`2 to ${receiver.name}`)
    await expect(reach.getByRole('link', { name: `Falls of ${run}` })).toBeVisible()

    await page.getByRole('button', { name: 'Dependencies' }).click()
    const graph = page.getByRole('group', { name: 'Dependencies of services' })
    await expect(graph.getByRole('link')).toHaveCount(3)
    await expect(graph.getByText('elsewhere', { exact: true })).toBeVisible()
    await graph.getByRole('link', { name: `${shop}: OK` }).click()
    await expect(pane(page, 'Service')).toContainText(shop)
    await expect(pane(page, 'Service')).toContainText(`${crm}, elsewhere`)

    await visit(page, '/now')
    await expect(page.getByTestId('verdict')).toContainText(/\d+ services? down since/)
    const down = page.getByRole('main').getByRole('region', { name: 'Services' })
    await expect(down.getByRole('listitem').filter({ hasText: db })).toContainText(`reaches ${crm}, ${shop}`)
    await down.getByRole('link', { name: db }).click()
    await expect(pane(page, 'Service')).toContainText('Down')
    await beat(db, 'OK')
    await expect(pane(page, 'Service')).not.toContainText('Down')
    await expect(pane(page, 'Service')).toContainText('Services that its failure would affect')

    await pane(page, 'Service').getByRole('button', { name: 'Remove…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the service' }).click()
    await expect(toast(page, `${db} is no longer registered.`)).toBeVisible()
    await expect(rows(page).filter({ hasText: db })).toHaveCount(0)
  } finally {
    for (const { rule } of [createAlertRule, noise.createAlertRule]) await call(DeleteRule, { id: rule.id })
    for (const name of [db, crm, shop]) await unregister(name)
  }
})

test('the console reports its own health, without a session, to programs and browsers', async ({ page }) => {
  const answer = await page.goto('/health.json')
  expect(answer?.status()).toBe(200)
  expect(answer?.headers()['content-type']).toContain('application/json')
  expect(await answer?.json()).toEqual({ status: 'ok', service: 'aetherlink-ui', version: webPackage.version })
  await expect(page.locator('body')).toContainText('aetherlink-ui')
})

test('the console registers itself, although the API accepts only persisted operations', async ({ page }) => {
  await visitAs(page, 'Viewer', '/services?q=aetherlink-web')
  await expect(rows(page)).toContainText('aetherlink-web')
})

test('a viewer sees the state of services, but can neither remove nor heal them', async ({ page }) => {
  const name = `seen-${unique()}`
  await register(name)
  try {
    await visitAs(page, 'Viewer', `/services?q=${name}`)
    await rows(page).first().click()
    await expect(pane(page, 'Service')).toContainText(name)
    await expect(page.getByRole('button', { name: 'Remove…' })).toHaveCount(0)
    await page.getByRole('button', { name: 'Auto-heal' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Auto-heal')
    await expect(page.getByText('Total attempts')).toBeVisible()
    await expect(page.getByRole('list', { name: 'Registered, not watched' })).toContainText(name)
    await expect(page.getByRole('button', { name: 'Heal now…' })).toHaveCount(0)
  } finally {
    await unregister(name)
  }
})

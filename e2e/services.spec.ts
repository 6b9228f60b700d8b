import { expect, type Page, test } from '@playwright/test'
import { startTestEngine, type TestEngine } from '../api/test/servers/docker.ts'
import type { HealthStatus } from '../codegen/gql-e2e/graphql.ts'
import { graphql } from '../codegen/gql-e2e/index.ts'
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
  visit,
  visitAs,
} from './support.ts'
import { withWorker } from './workers.ts'

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

const Unregister = graphql(`
  mutation E2eUnregisterService($name: String!) {
    unregisterService(name: $name) {
      deletedId
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
    await call(DeleteRule, { id: createAlertRule.rule.id })
    for (const name of [db, crm, shop]) await call(Unregister, { name }).catch(() => undefined)
  }
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
    await call(Unregister, { name })
  }
})

test('a broken container is shown as it fails, is healed and is healthy again, with its evidence', async ({ page }) => {
  test.setTimeout(180_000)
  const engine = await startTestEngine()
  if ('reason' in engine) return test.skip(true, `no Docker engine can run here: ${engine.reason}`)
  const workerName = `worker-${unique()}`
  const settings = {
    DOCKER_HOST: engine.host,
    AUTOHEAL_MODE: 'heal',
    AUTOHEAL_INTERVAL_SECONDS: '2',
    AUTOHEAL_START_PERIOD_SECONDS: '0',
    AUTOHEAL_STOP_TIMEOUT_SECONDS: '5',
    SERVICE_NAME: workerName,
  }
  try {
    await withWorker(settings, () => breakAndHeal(page, engine))
  } finally {
    await call(Unregister, { name: workerName }).catch(() => undefined)
    await engine.clear()
    await engine.close()
  }
})

async function breakAndHeal(page: Page, engine: TestEngine): Promise<void> {
  const name = `shop-${unique()}`
  const container = await engine.run(name, {
    // The script ignores TERM. The restart then takes as long as the stop timeout, so that the page can show it.
    script: 'trap "" TERM; rm -f /tmp/sick; echo "open for business"; while :; do sleep 1; done',
    health: 'test ! -e /tmp/sick',
  })
  await visitAs(page, 'Operator', '/services?view=auto-heal')
  const target = page.locator(`[data-container="${name}"]`)
  await expect(target).toContainText('Healthy', { timeout: 60_000 })
  await expect(page.getByText('All Systems Healthy')).toBeVisible()

  const exec = await container.exec({ Cmd: ['touch', '/tmp/sick'] })
  await exec.start({})
  await expect(target).toContainText(/Unhealthy|Healing/, { timeout: 60_000 })
  const attempt = page.locator(`[data-attempt="${name}"]`).first()
  await expect(attempt).toContainText('Healed', { timeout: 60_000 })
  await expect(target).toContainText('Healthy', { timeout: 30_000 })

  await attempt.getByText('Evidence').click()
  await expect(attempt).toContainText("Docker's health check")
  await expect(attempt).toContainText('restart')
  await expect(attempt.getByRole('group', { name: 'End of its log' })).toContainText('open for business')
  await expect(page.getByText('1 in the last 24 h').first()).toBeVisible()

  await target.getByRole('button', { name: 'Maintenance…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start the maintenance' }).click()
  await expect(target).toContainText('Left alone')
  await target.getByRole('button', { name: 'End maintenance' }).click()
  await expect(target).toContainText('Healthy', { timeout: 30_000 })

  await target.getByRole('button', { name: 'Heal now…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Heal now' }).click()
  await expect(toast(page, `${name}: healed.`)).toBeVisible({ timeout: 60_000 })
  await expect(page.locator(`[data-attempt="${name}"]`)).toHaveCount(2)
}

import { randomBytes } from 'node:crypto'
import { expect, test } from '@playwright/test'
import pg from 'pg'
import { graphql } from '../codegen/gql-e2e/index.ts'
import { call, pane, rows, toast, unique, visit, visitAs } from './support.ts'
import { environmentOf } from './workers.ts'

const DAY_MS = 86_400_000

const CreateTenant = graphql(`
  mutation E2eCreateTenant($input: CreateTenantInput!) {
    createTenant(input: $input) {
      tenant {
        id
      }
    }
  }
`)

const CountEvents = graphql(`
  query E2eCountEvents($tenantId: String!) {
    eventStats(filter: { tenantId: $tenantId, types: ["e2e.old"], window: ALL }) {
      total
    }
  }
`)

const countEvents = async (tenantId: string) => (await call(CountEvents, { tenantId })).eventStats.total

/** A UUIDv7 with this timestamp, like the id of an event. */
function uuidAt(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  const random = randomBytes(10).toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`
}

/**
 * Creates a separate tenant with events that are five days old. They are inserted directly, because such events cannot
 * be published.
 */
async function tenantWithOldEvents(count: number): Promise<string> {
  const id = `e2e-old-${unique()}`
  await call(CreateTenant, { input: { id, name: id } })
  const client = new pg.Client({ connectionString: environmentOf('api').DATABASE_URL })
  await client.connect()
  try {
    const day = new Date(Date.now() - 5 * DAY_MS).toISOString().slice(0, 10)
    await client.query('SELECT ensure_partitions($1::date, $1::date)', [day])
    for (let n = 0; n < count; n++) {
      const at = Date.parse(day) + n * 1_000
      await client.query(
        `INSERT INTO events (id, seq, tenant_id, type, source, severity, payload, occurred_at, received_at, published_by_kind, published_by_id)
         VALUES ($1, nextval('events_seq'), $2, 'e2e.old', 'e2e', 'INFO', $3, $4, $4, 'API_KEY', 'key_1')`,
        [uuidAt(at), id, JSON.stringify({ n }), new Date(at)],
      )
    }
  } finally {
    await client.end()
  }
  return id
}

test('after a policy is set, expired events are previewed, archived, verified and restored', async ({ page }) => {
  const tenant = await tenantWithOldEvents(3)
  await visitAs(page, 'Admin', '/retention')
  const policies = page.getByRole('region', { name: 'Policies of tenants' })
  await policies.getByRole('button', { name: 'Set for a tenant…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('Choose a tenant')).toBeVisible()
  await dialog.getByLabel('Tenant').selectOption(tenant)
  await dialog.getByLabel('Days').fill('0')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('Enter a whole number of days, 1 to 3,650')).toBeVisible()
  await dialog.getByLabel('Days').fill('2')
  await dialog.getByRole('button', { name: 'Save' }).click()
  const policy = policies.locator(`[data-tenant="${tenant}"]`)
  await expect(policy).toContainText('2 days')
  await expect(policy).toContainText(/set by .* (now|ago)/)

  await page.getByRole('button', { name: 'Dry run' }).click()
  const scope = page.getByRole('region', { name: 'Dry run' }).getByRole('row').filter({ hasText: tenant })
  await expect(scope).toContainText('2 days')
  await expect(scope.getByRole('cell').nth(3)).toHaveText('3')
  expect(await countEvents(tenant)).toBe(3)

  await page.getByRole('button', { name: 'Prune now…' }).click()
  await dialog.getByRole('button', { name: 'Prune now' }).click()
  await expect(toast(page, /^(●\s*)?Pruned [\d,]+ events\./)).toBeVisible({ timeout: 30_000 })
  expect(await countEvents(tenant)).toBe(0)

  await visit(page, '/retention?view=runs')
  await rows(page).first().click()
  const run = pane(page, 'Prune run').getByRole('row').filter({ hasText: tenant })
  await expect(run.getByRole('cell').nth(3)).toHaveText('3')
  await expect(run.getByRole('cell').nth(4)).toHaveText('3')

  await visit(page, `/retention?view=archives&tenant=${tenant}`)
  await expect(rows(page)).toHaveCount(1)
  await rows(page).click()
  await pane(page, 'Archive file').getByRole('button', { name: 'Verify' }).click()
  await expect(toast(page, 'The file is intact: 3 events.')).toBeVisible()
  await pane(page, 'Archive file').getByRole('button', { name: 'Restore…' }).click()
  await dialog.getByRole('button', { name: 'Restore the events' }).click()
  await expect(toast(page, '3 events restored.')).toBeVisible()
  expect(await countEvents(tenant)).toBe(3)

  await visit(page, '/retention')
  await policy.getByRole('button', { name: 'Clear…' }).click()
  await dialog.getByRole('button', { name: 'Clear the policy' }).click()
  await expect(policy).toHaveCount(0)
})

test('a tenant is put under legal hold with a reason, and the hold is lifted', async ({ page }) => {
  const tenant = await tenantWithOldEvents(1)
  await visitAs(page, 'Admin', '/retention')
  const holds = page.getByRole('region', { name: 'Legal holds' })
  await holds.getByRole('button', { name: 'Hold a tenant…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tenant').selectOption(tenant)
  await dialog.getByLabel('Reason').fill('Case 4711')
  await dialog.getByRole('button', { name: 'Hold the tenant' }).click()
  const hold = holds.locator(`[data-tenant="${tenant}"]`)
  await expect(hold).toContainText('Case 4711')
  await page.getByRole('button', { name: 'Dry run' }).click()
  const scope = page.getByRole('region', { name: 'Dry run' }).getByRole('row').filter({ hasText: tenant })
  await expect(scope).toContainText('nothing: legal hold')
  await hold.getByRole('button', { name: 'Lift…' }).click()
  await dialog.getByRole('button', { name: 'Lift the hold' }).click()
  await expect(hold).toHaveCount(0)
})

test('an operator sees policies and table sizes, but cannot change them', async ({ page }) => {
  await visitAs(page, 'Operator', '/retention')
  await expect(page.getByRole('region', { name: 'Policies of the installation' })).toContainText('System events')
  await expect(page.getByRole('region', { name: 'Table sizes' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Change…' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Hold a tenant…' })).toHaveCount(0)
})

import { expect, type Page, test } from '@playwright/test'
import type { Container } from 'dockerode'
import { startTestEngine, type TestEngine } from '../api/test/servers/docker.ts'
import { toast, unique, unregister, visit, visitAs } from './support.ts'
import { withWorker } from './workers.ts'

let engine: TestEngine

test.beforeAll(async () => {
  test.setTimeout(120_000)
  const started = await startTestEngine()
  if ('reason' in started) return test.skip(true, `no Docker engine can run here: ${started.reason}`)
  engine = started
})
test.afterAll(() => engine?.close())

/** Runs `body` beside a worker that watches the engine's containers. Afterwards removes the worker and all containers. */
async function withHealer(settings: Record<string, string>, body: () => Promise<void>): Promise<void> {
  const name = `worker-${unique()}`
  const all = {
    DOCKER_HOST: engine.host,
    AUTOHEAL_MODE: 'heal',
    AUTOHEAL_INTERVAL_SECONDS: '2',
    AUTOHEAL_START_PERIOD_SECONDS: '0',
    AUTOHEAL_STOP_TIMEOUT_SECONDS: '5',
    SERVICE_NAME: name,
    ...settings,
  }
  try {
    await withWorker(all, body)
  } finally {
    await unregister(name)
    await engine.clear()
  }
}

const targetOf = (page: Page, name: string) => page.locator(`[data-container="${name}"]`)
const attemptsOf = (page: Page, name: string) => page.locator(`[data-attempt="${name}"]`)

/** Creates a file in a running container. */
async function touch(container: Container, path: string): Promise<void> {
  const exec = await container.exec({ Cmd: ['touch', path] })
  await exec.start({})
}

test('a broken container is shown as it fails, is healed and is healthy again, with its evidence', async ({ page }) => {
  test.setTimeout(180_000)
  await withHealer({}, () => breakAndHeal(page))
})

async function breakAndHeal(page: Page): Promise<void> {
  const name = `shop-${unique()}`
  const container = await engine.run(name, {
    // The script ignores TERM. The restart then takes as long as the stop timeout, so that the page can show it.
    script: 'trap "" TERM; rm -f /tmp/sick; echo "open for business"; while :; do sleep 1; done',
    health: 'test ! -e /tmp/sick',
  })
  await visitAs(page, 'Operator', '/services?view=auto-heal')
  const target = targetOf(page, name)
  await expect(target).toContainText('Healthy', { timeout: 60_000 })
  await expect(page.getByText('All Systems Healthy')).toBeVisible()

  await touch(container, '/tmp/sick')
  await expect(target).toContainText(/Unhealthy|Healing/, { timeout: 60_000 })
  const attempt = attemptsOf(page, name).first()
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
  await expect(attemptsOf(page, name)).toHaveCount(2)
}

/** Healthy only once /tmp/well exists. Restarts do not create it. */
const NEVER_WELL = { health: 'test -e /tmp/well' }
/** Healthy until /tmp/crash exists. Restarts remove that file. */
const CRASHES = { script: 'rm -f /tmp/crash; while [ ! -e /tmp/crash ]; do sleep 0.2; done; exit 3', health: 'true' }

test('shows containers that are given up or flapping until they are released, and the storm brake', async ({
  page,
}) => {
  test.setTimeout(180_000)
  const limits = { AUTOHEAL_MAX_RESTARTS: '3', AUTOHEAL_BACKOFF_SECONDS: '1', AUTOHEAL_BACKOFF_MAX_SECONDS: '1' }
  await withHealer(limits, async () => {
    await giveUpAndRelease(page)
    await engine.clear()
    await brakeStorm(page)
  })
})

async function giveUpAndRelease(page: Page): Promise<void> {
  const [lost, unstable] = [`lost-${unique()}`, `unstable-${unique()}`]
  const container = await engine.run(lost, NEVER_WELL)
  const crashing = await engine.run(unstable, CRASHES)
  await visitAs(page, 'Operator', '/services?view=auto-heal')
  const [lostTarget, unstableTarget] = [targetOf(page, lost), targetOf(page, unstable)]
  for (let restarts = 0; restarts < 4; restarts++) {
    await expect(attemptsOf(page, unstable).filter({ hasText: 'Healed' })).toHaveCount(restarts, { timeout: 30_000 })
    await expect(unstableTarget).toContainText('Healthy', { timeout: 30_000 })
    await touch(crashing, '/tmp/crash')
  }
  await expect(unstableTarget).toContainText('Flapping', { timeout: 30_000 })
  await expect(unstableTarget).toContainText('failed repeatedly; exited with code 3')
  await expect(unstableTarget.getByRole('button', { name: 'Release' })).toBeVisible()
  await expect(lostTarget).toContainText('Given up', { timeout: 60_000 })
  await expect(lostTarget).toContainText('down after 3 restarts')
  await expect(attemptsOf(page, lost)).toHaveCount(3)
  await expect(attemptsOf(page, lost).first()).toContainText('the restart did not help')

  // A target that was given up is not healthy again by itself, because it might fail again soon.
  await touch(container, '/tmp/well')
  await expect.poll(async () => (await container.inspect()).State.Health?.Status).toBe('healthy')
  await expect(lostTarget).toContainText('Given up')
  await lostTarget.getByRole('button', { name: 'Release' }).click()
  await expect(toast(page, `${lost} may be healed again.`)).toBeVisible()
  await expect(lostTarget).toContainText('Healthy', { timeout: 30_000 })
  await expect(lostTarget.getByRole('button', { name: 'Release' })).toHaveCount(0)
}

async function brakeStorm(page: Page): Promise<void> {
  const names = ['a', 'b', 'c'].map((letter) => `storm-${letter}-${unique()}`)
  const containers = await Promise.all(names.map((name) => engine.run(name, NEVER_WELL)))
  const brake = page.getByRole('alert').filter({ hasText: 'The storm brake is on' })
  await expect(brake).toBeVisible({ timeout: 60_000 })
  const held = page.locator('[data-attempt]').filter({ hasText: 'Held back' })
  await expect(held.first()).toContainText('more than half of all targets are down at once')
  await visit(page, '/now')
  const down = page.getByRole('main').getByRole('region', { name: 'Services' })
  await down.getByRole('link', { name: /^Auto-heal restarts nothing/ }).click()
  await expect(brake).toBeVisible()

  await Promise.all(containers.map((container) => touch(container, '/tmp/well')))
  for (const name of names) await expect(targetOf(page, name)).toContainText('Healthy', { timeout: 30_000 })
  await expect(brake).toHaveCount(0)
}

test('in monitor-only mode a failure is shown and recorded, but nothing is restarted', async ({ page }) => {
  test.setTimeout(120_000)
  const name = `watched-${unique()}`
  await withHealer({ AUTOHEAL_MODE: 'monitor' }, async () => {
    const container = await engine.run(name, NEVER_WELL)
    const { StartedAt: before } = (await container.inspect()).State
    await visitAs(page, 'Operator', '/services?view=auto-heal')
    await expect(page.getByText('Auto-heal only monitors')).toBeVisible({ timeout: 60_000 })
    await expect(page.getByRole('region', { name: 'Configuration' })).toContainText('monitors only, restarts nothing')
    await expect(targetOf(page, name)).toContainText('Unhealthy', { timeout: 30_000 })
    const attempt = attemptsOf(page, name)
    await expect(attempt).toContainText('not restarted: monitor-only mode')
    await expect(attempt).toContainText('no restart')
    await expect(attempt).toContainText('Held back')
    expect((await container.inspect()).State.StartedAt).toBe(before)
  })
})

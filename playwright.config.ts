import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

// The installations under test are real ones, started as a person starts them, each on ports and in a directory of its own.
// `npm test` chooses these and removes the directories; `npx playwright test` by itself takes one installation, this one.
const USUAL = {
  PORT: '18010',
  WEB_PORT: '13000',
  DEMO_RECEIVER_PORT: '18020',
  OIDC_PORT: '18030',
  E2E_DATA_DIR: join(tmpdir(), 'aetherlink-e2e'),
}
type Place = typeof USUAL

const places: Place[] = process.env.E2E_PLACES ? JSON.parse(process.env.E2E_PLACES) : [USUAL]

const environmentOf = (place: Place) => ({
  ...place,
  POSTGRES_PORT: '0',
  REDIS_PORT: '0',
  // Tests that sign in through a provider start it on this port: e2e/oidc.ts.
  OIDC_ISSUER: `http://127.0.0.1:${place.OIDC_PORT}`,
  OIDC_AUDIENCE: 'aetherlink',
  OIDC_CLIENT_ID: 'aetherlink-web',
  OIDC_RESOURCE: 'urn:aetherlink:api',
  // The web and these tests ask for nothing that is not on the list, so that whoever takes no more than that can use the web.
  PERSISTED_OPERATIONS: join(import.meta.dirname, 'codegen/gql-e2e/persisted-documents.json'),
  PERSISTED_OPERATIONS_ONLY: 'true',
  // Prune runs write archive files, which tests verify and restore.
  EVENT_ARCHIVE_ENABLED: 'true',
  EVENT_ARCHIVE_DIR: join(place.E2E_DATA_DIR, 'archive'),
  // The first AI provider is down: nobody listens on this port. The next one that is configured is `local`.
  CLAUDE_URL: 'http://127.0.0.1:1',
  CLAUDE_API_KEY: 'end-to-end-tests-only',
  // Tokens of a second or two are to end while a test waits.
  OIDC_CLOCK_SKEW_SECONDS: '2',
  AETHERLINK_ADMIN_KEY: process.env.AETHERLINK_ADMIN_KEY ?? 'alk_end-to-end-tests-only-0123456789abcdef',
})

// Each worker has an installation of its own, so that its tests may stop the API and count what there is. Tests run in processes of
// their own, which read the settings from here.
const worker = Number(process.env.TEST_PARALLEL_INDEX ?? 0)
const ownPlace = places[worker]
if (!ownPlace) throw new Error(`There are more workers than installations: ${places.length}.`)
const own = environmentOf(ownPlace)
Object.assign(process.env, own)

const root = process.getuid?.() === 0

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: false,
  workers: places.length,
  // A second try tells a fault from a busy machine; the summary lists a test that needed it as flaky.
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    baseURL: `http://127.0.0.1:${own.WEB_PORT}`,
    // TRACE=1 records traces: they show every step of a failed test, and take a third as long again.
    trace: process.env.TRACE === '1' ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      // Chromium's sandbox refuses root; the container's /dev/shm is often too small for it.
      args: root ? ['--no-sandbox', '--disable-dev-shm-usage'] : ['--disable-dev-shm-usage'],
    },
  },
  webServer: places.map((place) => ({
    command: `exec node ops/start.mjs --data-dir "${place.E2E_DATA_DIR}"`,
    wait: { stdout: /AetherLink is running/ }, // the web answers before the API does
    env: environmentOf(place),
    timeout: 180_000,
    stdout: 'pipe',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 60_000 },
    reuseExistingServer: false,
  })),
})

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

// The installations under test are started like by a user, each with its own ports and directory. `npm test` chooses
// the ports and directories, and removes the directories. `npx playwright test` alone uses one installation with these
// values.
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
  // Only persisted documents are accepted. This shows that the console works in installations with this setting.
  PERSISTED_OPERATIONS: join(import.meta.dirname, 'codegen/gql-e2e/persisted-documents.json'),
  PERSISTED_OPERATIONS_ONLY: 'true',
  // Prune runs write archive files, which tests verify and restore.
  EVENT_ARCHIVE_ENABLED: 'true',
  EVENT_ARCHIVE_DIR: join(place.E2E_DATA_DIR, 'archive'),
  // The first AI provider is down, because nothing listens on this port. The next configured provider is `local`.
  CLAUDE_URL: 'http://127.0.0.1:1',
  CLAUDE_API_KEY: 'end-to-end-tests-only',
  // Small enough for tests that wait until a short-lived token expires.
  OIDC_CLOCK_SKEW_SECONDS: '2',
  AETHERLINK_ADMIN_KEY: process.env.AETHERLINK_ADMIN_KEY ?? 'alk_end-to-end-tests-only-0123456789abcdef',
})

// Each worker has its own installation, so that its tests may stop the API and count rows. Tests run in separate
// processes, which read the settings from process.env.
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
  // A second attempt distinguishes a fault from a busy machine. The summary lists tests that needed it as flaky.
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    baseURL: `http://127.0.0.1:${own.WEB_PORT}`,
    // TRACE=1 records traces, which show every step of a failed test. Tests then take a third longer.
    trace: process.env.TRACE === '1' ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      // Chromium's sandbox does not work as root, and /dev/shm of a container is often too small for Chromium.
      args: root ? ['--no-sandbox', '--disable-dev-shm-usage'] : ['--disable-dev-shm-usage'],
    },
  },
  webServer: places.map((place) => ({
    command: `exec node ops/start.mjs --data-dir "${place.E2E_DATA_DIR}"`,
    wait: { stdout: /AetherLink is running/ }, // the web console responds earlier than the API
    env: environmentOf(place),
    timeout: 180_000,
    stdout: 'pipe',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 60_000 },
    reuseExistingServer: false,
  })),
})

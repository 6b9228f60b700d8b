import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleCli } from '../../../ops/lib/build/build.mjs'
import { freePort } from '../../../ops/lib/processes/ports.mjs'
import { which } from '../../../ops/lib/processes/processes.mjs'
import { BUILD_MS } from '../features/cli.ts'
import { publish } from '../features/deliveries.ts'
import { checkAetherlink, checkNpm, isNotRun, NOT_RUN, PROGRAMS, wordsOf } from './commands.ts'
import { codeOf, inlineCodeOf, PAGES, ROOT, read } from './pages.ts'
import { type Scene, startScene } from './scene.ts'

/** The bash of macOS is from 2007 and lacks BASHPID. */
const BASH = spawnSync('bash', ['-c', '[[ -n $BASHPID ]]']).status === 0 && which('bash')
/** Time limit of a page. docs/cli.md starts 50 processes, which other tests may slow down. */
const PAGE_MS = 240_000
const SHELLS: readonly string[] = ['sh', 'bash', 'console', 'shell']
/**
 * The commands of each page: its blocks of code, and the curl requests in running text and tables. Other commands there
 * are parts of sentences.
 */
const scripts = PAGES.map((page) => ({
  page,
  blocks: [
    ...codeOf(read(page)).filter(({ language }) => SHELLS.includes(language)),
    ...inlineCodeOf(read(page)).filter(({ text }) => text.startsWith('curl ') && !isNotRun(text)),
  ],
})).filter(({ blocks }) => blocks.length > 0)

const directory = mkdtempSync(join(tmpdir(), 'aetherlink-docs-'))
const bin = join(directory, 'bin')
const file = (name: string) => join(directory, name)
let scene: Scene
let placeholders: readonly Placeholder[]
let publishing: NodeJS.Timeout

/**
 * A placeholder in a page, which the reader replaces by a value. With `where`, it applies only in blocks that contain
 * that text. The first placeholder that matches is used.
 */
interface Placeholder {
  text: string
  value: string
  where?: string
}

const SOME = '01h455vb4pex5vsknk084sn02q'
const placeholdersOf = (of: Scene, port: number): Placeholder[] => [
  { text: 'http://127.0.0.1:8010', value: of.app.url },
  { text: 'http://localhost:8010', value: of.app.url },
  { text: '<this repository>', value: 'REPOSITORY' },
  { text: 'alk_...', value: of.key },
  // The port of the receiver in the tutorial.
  { text: ':9000', value: `:${port}` },
  { text: 'listen(9000', value: `listen(${port}` },
  { text: `dlv_${SOME}`, value: of.otherOpenDelivery, where: '--reason "test data"' },
  { text: `dlv_${SOME}`, value: of.openDelivery, where: 'deliveries cancel' },
  { text: `dlv_${SOME}`, value: of.deadLetter },
  {
    text: `whk_${SOME}`,
    value: of.otherFailingWebhook,
    where: 'webhooks resume whk_01h455vb4pex5vsknk084sn02q\naetherlink webhooks probe',
  },
  { text: `whk_${SOME}`, value: of.failingWebhook, where: 'webhooks probe' },
  { text: `whk_${SOME}`, value: of.bulkWebhook, where: 'replay --webhook-ids' },
  { text: `whk_${SOME}`, value: of.webhook },
  { text: `blk_${SOME}`, value: of.finishedReplay, where: 'replays get' },
  { text: `blk_${SOME}`, value: of.finishedReplay, where: 'replays watch' },
  { text: `blk_${SOME}`, value: of.runningReplay },
  { text: `evt_${SOME}`, value: of.event },
  { text: `alr_${SOME}`, value: of.otherAlert, where: '--note "looking into it"' },
  { text: `alr_${SOME}`, value: of.alert },
  { text: `rul_${SOME}`, value: of.spareRule, where: `rules delete rul_${SOME}\n` },
  { text: `rul_${SOME}`, value: of.rule },
  { text: `sil_${SOME}`, value: of.silence },
  { text: `arc_${SOME}`, value: of.archive },
  { text: `heal_${SOME}`, value: of.healAttempt },
  { text: 'dlv_01...', value: of.otherDeadLetter },
  { text: 'whk_01...', value: of.failingWebhook },
  { text: 'blk_01...', value: of.finishedReplay },
  { text: 'rul_01...', value: of.rule },
  { text: '2026-12-01T12:05:00Z', value: new Date(Date.now() + 3_600_000).toISOString() },
]

const filled = (text: string) =>
  placeholders
    .filter(({ where }) => where === undefined || text.includes(where))
    .reduce((filled, { text: placeholder, value }) => filled.replaceAll(placeholder, value), text)

beforeAll(async () => {
  await bundleCli()
  mkdirSync(bin)
  for (const name of PROGRAMS) if (which(name)) symlinkSync(which(name)!, join(bin, name))
  writeFileSync(
    file('dead-letters.graphql'),
    'query { deliveries(filter: { statuses: [DEAD_LETTER] }) { nodes { id } } }',
  )
  scene = await startScene(directory)
  placeholders = placeholdersOf(scene, await freePort())
  prepareReader(scene)
  // Events for the commands that follow a stream.
  const input = { type: 'autoheal.failed', source: 'me', severity: 'ERROR', payload: { service: 'crm', error: 'down' } }
  publishing = setInterval(() => void publish(scene.app, input), 250)
}, BUILD_MS)
afterAll(async () => {
  clearInterval(publishing)
  await scene?.stop()
  rmSync(directory, { recursive: true })
})

/** Prepares the folder of a reader who has started AetherLink and has stored the files that the pages ask to store. */
function prepareReader({ key }: Scene): void {
  mkdirSync(file('.aetherlink'))
  writeFileSync(file('.aetherlink/admin-key'), key)
  // The pages say `cd aetherlink` after `git clone`.
  symlinkSync('.', file('aetherlink'))
  writeFileSync(file('mail.txt'), 'Hello, this is Jane Doe of Example Ltd. Write to jane.doe@example.com.')
  writeFileSync(file('verify.py'), codeOf(read('docs/audit.md')).find(({ language }) => language === 'python')!.text)
}

async function runPage(page: string, script: string) {
  const { app, key, keyId } = scene
  const path = file('page.sh')
  writeFileSync(path, `${readFileSync(join(import.meta.dirname, 'shell.sh'), 'utf8')}\n${script}`)
  const [notes, unknown] = [file('notes'), file('unknown')]
  for (const name of [notes, unknown]) rmSync(name, { force: true })
  const { events } = await app.ok<{ events: { nodes: { cursor: string }[] } }>(
    '{ events(first: 5) { nodes { cursor } } }',
  )
  writeFileSync(file('cursor'), events.nodes.at(-1)!.cursor)
  const child = spawn(BASH || 'bash', [path], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      PATH: bin,
      REAL_PATH: process.env.PATH,
      NODE: process.execPath,
      CLI: join(ROOT, 'api/bin/aetherlink.mjs'),
      NOTES: notes,
      UNKNOWN: unknown,
      SCRATCH: directory,
      // Where a reader gets these values, according to the pages.
      KEY: key,
      AETHERLINK_KEY: key,
      AETHERLINK_URL: app.url,
      AETHERLINK: app.url,
      API: app.url,
    },
  })
  let output = `${page}\n`
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk))
  const before = app.requests.length
  // The page has a process group of its own, so that a page that hangs leaves no process behind.
  const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), PAGE_MS)
  const [code] = await once(child, 'close')
  clearTimeout(limit)
  const lines = (name: string) => (existsSync(name) ? readFileSync(name, 'utf8').trim().split('\n') : [])
  // Requests with other keys are the test's own.
  const requests = app.requests.slice(before).filter(({ actor }) => actor === keyId || actor === null)
  return { code, output, notes: lines(notes), unknown: lines(unknown), requests }
}

const usesCurl = (text: string) => /(^|[|(;&]|\bgql\b|do )\s*curl\b/m.test(text)

describe('commands of a page are run', () => {
  test.each(scripts)(
    '$page',
    async ({ page, blocks }) => {
      const script = blocks.map(({ line, text }) => `AT='${page}:${line}'\n${filled(text)}`).join('\n')
      const missing: string[] = PROGRAMS.filter((name) => script.includes(name) && !which(name))
      if (!BASH) missing.push('bash 4')
      if (missing.length > 0) return skip(page, missing)
      const { code, output, notes, unknown, requests } = await runPage(page, script)
      expect(unknown, 'programs that are neither in PROGRAMS nor in NOT_RUN of commands.ts').toEqual([])
      expect(code, output).toBe(0)
      // For a GraphQL response with errors, the request log has the status of the first error, while curl gets 200.
      expect(
        requests.filter(({ status }) => Number(status) >= 400),
        output,
      ).toEqual([])
      if (usesCurl(script)) expect(requests.length, output).toBeGreaterThan(0)
      expect(notes.flatMap(whyNot)).toEqual([])
    },
    PAGE_MS + 10_000,
  )
})

test.skipIf(!BASH || !which('curl'))(
  'a failed command, an unknown program and an error of GraphQL are seen',
  async () => {
    const AT = `AT='a page:1'\n`
    const failed = await runPage('a page', `${AT}aetherlink webhooks get nonsense\ntouch reached\n`)
    expect(failed).toMatchObject({ code: 2, output: expect.stringContaining('a page:1: ended with 2') })
    expect(existsSync(file('reached'))).toBe(false)
    expect(await runPage('a page', `${AT}frobnicate --all || true\n`)).toMatchObject({
      unknown: ['a page:1: frobnicate'],
    })
    const erring = `curl -s "$API/graphql" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{ "query": "{ nothing }" }'`
    const { code, requests } = await runPage('a page', `${AT}${erring}\n`)
    expect([code, requests.map(({ status }) => status)]).toEqual([0, [400]])
  },
  PAGE_MS + 10_000,
)

/** Reports a page that is not tested. `npm test` lists these pages at its end. */
function skip(page: string, missing: readonly string[]): void {
  const line = `the commands of ${page}: this machine has no ${missing.join(', ')}\n`
  if (process.env.AETHERLINK_NOT_TESTED) appendFileSync(process.env.AETHERLINK_NOT_TESTED, line)
}

/** The errors of a command that is not run. */
function whyNot(command: string): string[] {
  const [name, ...words] = wordsOf(command)
  const wrong = name === 'npm' ? checkNpm(words) : name === 'aetherlink' ? checkAetherlink(words) : null
  if (wrong !== null) return [`${command}: ${wrong}`]
  if (['npm', 'aetherlink', 'curl'].includes(name ?? '') || isNotRun(command)) return []
  return [`${command}: is not in NOT_RUN of commands.ts`]
}

const COMMAND = /^(npx |aetherlink |npm |node (?=\S+\.m?js)|docker |curl |helm |kubectl )/
const inline = PAGES.flatMap((page) =>
  inlineCodeOf(read(page))
    .filter(({ text }) => COMMAND.test(text))
    .map(({ text, line }) => ({ page, line, text })),
)

test('commands in running text and tables exist with their options', () => {
  expect(inline.length).toBeGreaterThan(80)
  const wrong = inline.flatMap(({ page, line, text }) =>
    text
      .split(/ (?:\||&&) /)
      .filter((part) => COMMAND.test(`${part} `))
      .flatMap((part) => whyNot(part.replace(/^(npx|docker compose exec api) (?=aetherlink )/, '')))
      .map((what) => `${page}:${line}: ${what}`),
  )
  expect(wrong).toEqual([])
})

test('checks of commands that are not run find errors', () => {
  expect(whyNot('aetherlink deliverys list')).toHaveLength(1)
  expect(whyNot('aetherlink deliveries list --status DEAD_LETTER')).toHaveLength(1)
  expect(whyNot('npm run strat')).toHaveLength(1)
  expect(whyNot('npm start -- --dir x')).toHaveLength(1)
  expect(whyNot('npm start --data-dir x')).toHaveLength(1)
  expect(whyNot('docker run x')).toHaveLength(1)
  expect(Object.values(NOT_RUN).every((reason) => reason.length > 10)).toBe(true)
})

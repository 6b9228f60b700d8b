import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUILD_MS, type Cli, createCli, startCli, TIMEOUT_MS } from '../../../test/features/cli.ts'
import { startTestApp, until } from '../../../test/harness.ts'
import { openTcpProxy } from '../../../test/servers/tcp-proxy.ts'

let cli: Cli
beforeAll(async () => {
  cli = await startCli()
}, BUILD_MS)
afterAll(() => cli.close())

interface EventLine {
  id: string
  cursor: string
  type: string
  payload: unknown
}
interface EventPage {
  nodes: EventLine[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

test(
  'publish takes a payload from an argument, a file and standard input',
  async () => {
    const common = ['--source', 'shop', '--severity', 'warning', '--subject', 'order 7', '--expires-at', '1h']
    const first = await cli.run(['publish', 'order.paid', ...common, '--payload', '{"n":1}'])
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^evt_\w{26} order\.paid published\n$/) })
    const file = join(cli.directory, 'payload.json')
    await writeFile(file, '{"n":2}')
    expect(await cli.run(['publish', 'order.paid', ...common, '--payload-file', file])).toMatchObject({ code: 0 })
    expect(
      await cli.run(['publish', 'order.paid', ...common, '--payload-file', '-'], { input: '{"n":3}' }),
    ).toMatchObject({ code: 0 })
    const { nodes } = await cli.json<EventPage>(['events', 'list', '--types', 'order.paid', '--severities', 'WARNING'])
    expect(nodes.map(({ payload }) => payload)).toEqual([{ n: 3 }, { n: 2 }, { n: 1 }])

    const refused = await cli.run(['publish', 'order.paid', '--source', 'shop', '--payload', '{n:1}'])
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--payload') })
    const withoutSource = await cli.run(['publish', 'order.paid'])
    expect(withoutSource).toMatchObject({ code: 2, stderr: expect.stringContaining('--source') })
  },
  TIMEOUT_MS,
)

test(
  'publish --ndjson publishes in order, names each refused line, and ends with 6',
  async () => {
    const lines = Array.from({ length: 1_203 }, (_, n) => JSON.stringify({ type: 'bulk.line', payload: { n } }))
    lines[7] = 'not json'
    lines[600] = JSON.stringify({ type: 'bulk line with spaces' })
    const input = `${lines.join('\n')}\n\n`
    const { code, stdout } = await cli.run(['publish', '--ndjson', '-', '--source', 'import', '--json'], { input })
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(code).toBe(6)
    expect(results).toMatchObject([
      { line: 8, error: { code: 'BAD_USER_INPUT' } },
      { line: 601, error: { code: 'BAD_USER_INPUT' } },
      { accepted: 1_201, deduplicated: 0, failed: 2 },
    ])
    // Over several pages of the API.
    const { nodes, pageInfo } = await cli.json<EventPage>(['events', 'list', '--types', 'bulk.*', '--first', '450'])
    expect(nodes.map(({ payload }) => payload)).toEqual(Array.from({ length: 450 }, (_, i) => ({ n: 1_202 - i })))
    expect(pageInfo.hasNextPage).toBe(true)

    const file = join(cli.directory, 'export.ndjson')
    expect(await cli.run(['events', 'export', '--types', 'bulk.*', '--output', file])).toMatchObject({
      code: 0,
      stdout: '',
    })
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1_201)
    const csv = await cli.run(['events', 'export', '--types', 'bulk.*', '--format', 'csv'])
    expect(csv.stdout.trim().split('\n')).toHaveLength(1_202)
    const unwritable = join(cli.directory, 'missing', 'export.ndjson')
    expect(await cli.run(['events', 'export', '--output', unwritable])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--output'),
    })
  },
  TIMEOUT_MS,
)

test(
  'get shows an event, and control characters in its text do not reach the terminal',
  async () => {
    const subject = 'order \u202e7'
    const payload = { text: '\u009b2J \u001b[31m' }
    const { publishEvent } = await cli.app.ok<{ publishEvent: { event: { id: string } } }>(
      'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
      { input: { type: 'control.characters', source: 's', subject, payload } },
    )
    const { id } = publishEvent.event
    const shown = await cli.run(['events', 'get', id])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^subject +order +7$/m)
    expect(shown.stdout).not.toContain('\u202e')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(shown.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    const { stdout } = await cli.run(['events', 'get', id, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ id, subject, payload })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect((await cli.run(['events', 'get', 'evt_01h455vb4pex5vsknk084sn02q'])).code).toBe(3)
  },
  TIMEOUT_MS,
)

test(
  'tail continues without gaps or duplicates after a restart of the API',
  async () => {
    const proxy = await openTcpProxy(cli.app.url)
    const remote = await createCli(cli.app, proxy.url)
    const publish = async (n: number) => {
      await cli.app.ok('mutation ($input: PublishEventInput!) { publishEvent(input: $input) { deduplicated } }', {
        input: { type: 'tail.me', source: 's', payload: { n } },
      })
    }
    const numbers = (running: { lines<Line>(): Line[] }) =>
      running.lines<EventLine>().map(({ payload }) => (payload as { n: number }).n)
    await publish(0)
    await publish(1)
    const tail = await remote.start(['events', 'tail', '--types', 'tail.*', '--last', '1', '--max', '6', '--json'])
    await until('the newest event', () => numbers(tail).length === 1)
    await publish(2)
    await until('a live event', () => numbers(tail).length === 2)
    proxy.shut()
    await publish(3)
    await publish(4)
    const restarted = await startTestApp({ beside: cli.app })
    proxy.open(restarted.url)
    await until('the events of the break', () => numbers(tail).length === 4, 20_000)
    await publish(5)
    await publish(6)
    expect(await tail.ended).toMatchObject({ code: 0 })
    expect(numbers(tail)).toEqual([1, 2, 3, 4, 5, 6])
    await restarted.stop()
    await remote.close()
    proxy.close()
  },
  TIMEOUT_MS,
)

test(
  'Ctrl-C ends a tail, and a closed reader ends one silently',
  async () => {
    const tail = await cli.start(['events', 'tail', '--types', 'bulk.*', '--last', '2'])
    await until('the newest events', () => tail.stdout.split('\n').length === 3)
    tail.signal('SIGINT')
    expect(await tail.ended).toMatchObject({ code: 0, stderr: '' })
    const head = await cli.start(['events', 'export', '--types', 'bulk.*'])
    await until('the first output', () => head.stdout !== '')
    head.closeStdout()
    expect(await head.ended).toMatchObject({ code: 0, stderr: '' })
  },
  TIMEOUT_MS,
)

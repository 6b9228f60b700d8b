import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUILD_MS, type Cli, startCli, TIMEOUT_MS } from '../../test/features/cli.ts'

let cli: Cli
beforeAll(async () => {
  cli = await startCli()
}, BUILD_MS)
afterAll(() => cli.close())

const NOWHERE = 'http://127.0.0.1:9'
const UNKNOWN = 'whk_01h455vb4pex5vsknk084sn02q'

test.each([
  ['a value that is none of an enum', ['deliveries', 'list', '--statuses', 'DEAD'], {}, 2, 'DEAD_LETTER'],
  ['an instant that is none', ['deliveries', 'list', '--since', 'yesterday'], {}, 2, '2026-01-31T08:00:00Z'],
  ['an unknown command', ['deliverys'], {}, 2, 'deliveries'],
  ['an unknown option', ['deliveries', 'list', '--status', 'DEAD_LETTER'], {}, 2, '--statuses'],
  ['a missing argument', ['webhooks', 'test'], {}, 2, 'ID'],
  ['an input that the API refuses', ['webhooks', 'get', 'nonsense'], {}, 2, 'error: BAD_USER_INPUT: id'],
  ['an unknown id', ['webhooks', 'pause', UNKNOWN], {}, 3, `error: NOT_FOUND: there is no webhook ${UNKNOWN}`],
  ['no key', ['webhooks', 'list'], { as: null }, 4, 'AETHERLINK_KEY'],
  ['a wrong key', ['webhooks', 'list'], { as: { bearer: `alk_${'x'.repeat(32)}` } }, 4, 'error: UNAUTHENTICATED'],
  ['a role that is too low', ['webhooks', 'pause', UNKNOWN], { as: { role: 'VIEWER' } }, 4, 'OPERATOR'],
  ['an API that is away', ['webhooks', 'list', '--url', NOWHERE], {}, 5, NOWHERE],
  ['an API that is away, for a stream', ['events', 'tail', '--url', NOWHERE], {}, 5, NOWHERE],
  ['a URL that is none', ['webhooks', 'list', '--url', 'localhost:8010'], {}, 2, '--url'],
] as const)(
  '%s ends with its exit code and says what would do',
  async (_what, args, options, code, said) => {
    const result = await cli.run(args, options)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toContain(said)
  },
  TIMEOUT_MS,
)

test(
  'with --json an error is one JSON document',
  async () => {
    const { code, stderr } = await cli.run(['webhooks', 'pause', UNKNOWN, '--json'], { as: { role: 'VIEWER' } })
    expect(code).toBe(4)
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'FORBIDDEN', exitCode: 4, hint: 'use a key with the role OPERATOR' },
    })
  },
  TIMEOUT_MS,
)

test(
  '--help and --version succeed, and a call without a command is a usage error',
  async () => {
    expect(await cli.run(['--help'])).toMatchObject({ code: 0, stderr: '' })
    expect(await cli.run(['events', 'tail', '--help'])).toMatchObject({ code: 0, stderr: '' })
    expect((await cli.run(['deliveries', 'cancel', '--help'])).stdout).toContain('(required)')
    expect((await cli.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await cli.run([])).code).toBe(2)
  },
  TIMEOUT_MS,
)

test(
  'the key of an installation that was started on this machine is used for this machine only',
  async () => {
    const { createApiKey } = await cli.app.ok<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(input: { name: "local", role: VIEWER }) { secret } }',
    )
    await mkdir(join(cli.directory, '.aetherlink'))
    await writeFile(join(cli.directory, '.aetherlink/admin-key'), `${createApiKey.secret}\n`)
    expect(await cli.run(['webhooks', 'list'], { as: null })).toMatchObject({ code: 0, stdout: 'no webhooks\n' })
  },
  TIMEOUT_MS,
)

test(
  'mcp passes messages on with the role of the key',
  async () => {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } }
    const messages = [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'who_am_i', arguments: {} } },
    ]
    const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('')
    const { code, stdout } = await cli.run(['mcp'], { input, as: { role: 'AGENT' } })
    expect(code).toBe(0)
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers.find(({ id }) => id === 2).result.structuredContent).toMatchObject({ viewer: { roles: ['AGENT'] } })
  },
  TIMEOUT_MS,
)

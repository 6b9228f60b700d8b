import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleCli } from '../../../ops/lib/build/build.mjs'
import { type As, startTestApp, type TestApp, type TestAppOptions } from '../harness.ts'

const COMMAND = join(import.meta.dirname, '../../bin/aetherlink.mjs')

/**
 * Time limit for the hook that builds the command, and for a test that runs the command several times: each run starts
 * a Node.js process.
 */
export const BUILD_MS = 240_000
export const TIMEOUT_MS = 120_000

export interface CliResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  as?: As
  /** Text for standard input; empty by default. */
  input?: string
  env?: Record<string, string>
  cwd?: string
}

/** A running command. */
export interface RunningCli {
  /** The output so far. */
  readonly stdout: string
  readonly stderr: string
  /** The lines of standard output, each parsed as JSON. */
  lines<Line>(): Line[]
  signal(signal: NodeJS.Signals): void
  /** Closes the reading end of the command's standard output, as `| head` does. */
  closeStdout(): void
  ended: Promise<CliResult>
}

export interface Cli {
  /** The app to which the command connects. */
  app: TestApp
  /** An empty directory that is removed after the test. */
  directory: string
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>
  /** Runs a command with --json, which must succeed, and returns its parsed output. */
  json<Value>(args: readonly string[], options?: CliOptions): Promise<Value>
  start(args: readonly string[], options?: CliOptions): Promise<RunningCli>
  /** Removes the directory. */
  close(): Promise<void>
}

/** Starts an app, and builds the command that connects to it. `close` also stops the app. */
export async function startCli(options?: TestAppOptions): Promise<Cli> {
  const app = await startTestApp(options)
  const cli = await createCli(app)
  return {
    ...cli,
    async close() {
      await cli.close()
      await app.stop()
    },
  }
}

/** The built `aetherlink` command. It runs as a separate process against an app. `url`: the URL of the app. */
export async function createCli(app: TestApp, url = app.url): Promise<Cli> {
  await bundleCli()
  const directory = await mkdtemp(join(tmpdir(), 'aetherlink-cli-'))
  const keys = new Map<string, Promise<string>>()
  const keyFor = (as: As): Promise<string> | string => {
    if (as === null) return ''
    if ('bearer' in as) return as.bearer
    const name = `${as.role} ${as.tenantId ?? ''}`
    const key =
      keys.get(name) ??
      app
        .ok<{ createApiKey: { secret: string } }>(
          'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
          { input: { name, role: as.role, tenantId: as.tenantId ?? null } },
        )
        .then(({ createApiKey }) => createApiKey.secret)
    keys.set(name, key)
    return key
  }

  const start = async (args: readonly string[], { as = { role: 'ADMIN' }, input, env, cwd }: CliOptions = {}) => {
    const key = await keyFor(as)
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: cwd ?? directory,
      env: { PATH: process.env.PATH, AETHERLINK_URL: url, ...(key && { AETHERLINK_KEY: key }), ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    // A command that refuses its arguments ends without reading its input.
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    const ended = once(child, 'close').then(([code]): CliResult => ({ code: code as number | null, stdout, stderr }))
    return {
      get stdout() {
        return stdout
      },
      get stderr() {
        return stderr
      },
      lines: <Line>() =>
        stdout
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Line),
      signal: (signal: NodeJS.Signals) => void child.kill(signal),
      closeStdout: () => void child.stdout.destroy(),
      ended,
    }
  }
  const run = async (args: readonly string[], options?: CliOptions) => (await start(args, options)).ended
  return {
    app,
    directory,
    start,
    run,
    async json<Value>(args: readonly string[], options?: CliOptions) {
      const { code, stdout, stderr } = await run([...args, '--json'], options)
      if (code !== 0) throw new Error(`aetherlink ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
      return JSON.parse(stdout) as Value
    },
    close: () => rm(directory, { recursive: true, force: true }),
  }
}

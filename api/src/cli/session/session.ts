import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { createOutput, type Output } from '../output/output.ts'
import { type Api, createApi } from './api.ts'
import { EXIT, type ExitCode, usage } from './failure.ts'
import type { Io } from './io.ts'

export interface GlobalOptions {
  json?: boolean
  url?: string
  /** False if --no-color is given. */
  color?: boolean
}

/** The context of a command's run. */
export interface Session {
  api: Api
  out: Output
  io: Io
}

const DEFAULT_URL = 'http://127.0.0.1:8010'

/** The file in which `npm start` stores the admin key of the installation on this machine. */
const LOCAL_KEY = '.aetherlink/admin-key'

/** Throws Failure for an invalid URL. */
export function createSession(io: Io, { json = false, url, color = true }: GlobalOptions): Session {
  const address = url ?? (io.env.AETHERLINK_URL || DEFAULT_URL)
  const name = url === undefined ? 'AETHERLINK_URL' : '--url'
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw usage(`${JSON.stringify(address)} is not a URL; expected one such as ${DEFAULT_URL}`, name)
  const base = address.replace(/\/+$/, '').replace(/\/graphql$/, '')
  return { api: createApi({ url: base, key: keyFor(io, base) }), out: createOutput(io, { json, color }), io }
}

/**
 * The key to use: AETHERLINK_KEY, or the admin key of the installation on this machine. The latter is never sent to
 * another machine.
 */
function keyFor({ env, cwd }: Io, url: string): string | null {
  if (env.AETHERLINK_KEY) return env.AETHERLINK_KEY
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname)) return null
  if (env.AETHERLINK_ADMIN_KEY) return env.AETHERLINK_ADMIN_KEY
  const file = join(cwd, LOCAL_KEY)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/**
 * Creates the action of a command. `body` gets a session, then the command's arguments and options from commander. It
 * returns the exit code; undefined means success.
 */
export const withSession = <Args extends unknown[]>(
  io: Io,
  body: (session: Session, ...args: Args) => Promise<ExitCode | undefined> | Promise<void>,
) =>
  async function action(this: Command, ...actionArguments: unknown[]): Promise<void> {
    const session = createSession(io, this.optsWithGlobals<GlobalOptions>())
    // The last argument from commander is the command itself.
    io.exitCode = (await body(session, ...(actionArguments.slice(0, -1) as Args))) ?? EXIT.ok
  }

import type { Command } from 'commander'
import type { Style } from '../output/paint.ts'
import { plain } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { apiChecks } from './api-checks.ts'
import { type Check, type CheckStatus, failed, good } from './check.ts'

const MARKS: Readonly<Record<CheckStatus, readonly [string, Style]>> = {
  OK: ['ok  ', 'green'],
  WARNING: ['warn', 'yellow'],
  FAILED: ['FAIL', 'red'],
}

export function addDoctor(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('examine an installation and recommend actions; exit code 1 when a check fails')
    .addHelpText(
      'after',
      `
Queries the API. If DATABASE_URL and REDIS_URL are set, it also checks settings, PostgreSQL, Redis and disks directly. For that, run it
in the environment of the API, for example with docker compose exec api aetherlink doctor.`,
    )
    .action(
      withSession(io, async ({ api, out }) => {
        const { serverChecks } = await import('./server-checks.ts')
        const [ofApi, ofServers] = await Promise.all([apiChecks(api), serverChecks(io.env)])
        const checks = [nodeCheck(), ...ofApi, ...ofServers]
        const isWell = checks.every(({ status }) => status !== 'FAILED')
        const width = Math.max(...checks.map(({ name }) => name.length))
        out.result({ ok: isWell, checks }, () =>
          checks
            .map(({ name, status, message, advice }) => {
              const [mark, style] = MARKS[status]
              const line = `${out.paint(mark, style)}  ${plain(name).padEnd(width)}  ${plain(message)}`
              return advice === null ? line : `${line}\n${' '.repeat(width + 8)}-> ${plain(advice)}`
            })
            .join('\n'),
        )
        return isWell ? EXIT.ok : EXIT.failure
      }),
    )
}

function nodeCheck(): Check {
  const { node } = process.versions
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const isSupported = major > 20 || (major === 20 && minor >= 19)
  return isSupported ? good('Node.js', node) : failed('Node.js', node, 'install Node.js 20.19 or later')
}

import { join, relative } from 'node:path'
import { adminKeyFile } from './secrets.mjs'
import { bold, dim, say, seconds, yellow } from './steps.mjs'

/** @typedef {import('./options.mjs').Options} Options */

/**
 * Prints the addresses and directories of a running installation.
 * @param {Options} options
 * @param {{ began: number, home: string | undefined }} start `began`: performance.now() at the start. `home`: the
 *   directory of the servers that were started.
 */
export function greet({ dataDir, parts, ports, host }, { began, home }) {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const near = (/** @type {string} */ path) =>
    relative(process.cwd(), path).startsWith('..') ? path : relative(process.cwd(), path)
  const lines = [
    parts.includes('web') && ['Dashboard', `http://${shown}:${ports.web}`],
    parts.includes('api') && ['GraphQL', `http://${shown}:${ports.api}/graphql   ${dim('GraphiQL in a browser')}`],
    parts.includes('api') && ['CloudEvents', `http://${shown}:${ports.api}/events`],
    parts.includes('receiver') && [
      'Receiver',
      `http://127.0.0.1:${ports.receiver}   ${dim('receiver of the demo webhooks')}`,
    ],
    ['Admin key', process.env.AETHERLINK_ADMIN_KEY ? 'the one in AETHERLINK_ADMIN_KEY' : near(adminKeyFile(dataDir))],
    !process.env.DATABASE_URL && home && ['Database', join(home, 'postgres')],
    ['Logs', near(join(dataDir, 'logs'))],
  ]
  say(`\n${bold('AetherLink is running.')} ${dim(`Up in ${seconds(began)}; Ctrl-C stops everything.`)}`)
  for (const line of lines) if (line) say(`  ${String(line[0]).padEnd(12)} ${line[1]}`)
}

/**
 * Warns if Redis is unreachable. Any other server that is unreachable aborts the start.
 * @param {Options} options
 */
export async function warnWithoutRedis({ parts, ports, host }) {
  if (!parts.includes('api')) return
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host
  const response = await fetch(`http://${shown}:${ports.api}/ready`).catch(() => undefined)
  const body = await response?.json().catch(() => undefined)
  if (body?.status === 'degraded')
    say(yellow('Redis (REDIS_URL) cannot be reached. Events are accepted and delivered up to a second later.'))
}

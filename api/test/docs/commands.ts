import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { parseOptions } from '../../../ops/lib/options.mjs'
import { commandsOf, createProgram } from '../../src/cli/program.ts'
import { ROOT } from './pages.ts'

/** The commands of the pages: which of them the test runs, and how the others are checked. */

/**
 * Programs that commands may use besides `aetherlink`. If one of them is missing, the pages that need it are not
 * tested.
 */
export const PROGRAMS = ['cat', 'cut', 'curl', 'jq', 'python3', 'rm', 'sha256sum', 'sleep', 'touch'] as const

/**
 * Commands that are not run, each with the reason. A command is matched by its beginning. shell.sh records these
 * commands. `npm` is checked by checkNpm.
 */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'git clone': 'fetches the repository that the test stands in',
  'docker compose':
    'takes Docker and a whole installation; ops/compose.test.ts checks the file, ops/smoke.mjs the installation',
  'docker stop': 'stops a container of the reader',
  'docker kill': 'stops a container of the reader',
  'docker pause': 'stops a container of the reader',
  'kubectl create': 'takes a cluster; ops/helm.test.ts checks the chart',
  'helm install': 'takes a cluster; ops/helm.test.ts checks the chart',
  'helm upgrade': 'takes a cluster; ops/helm.test.ts checks the chart',
  'helm lint': 'takes Helm; ops/helm.test.ts checks the chart',
  'helm template': 'takes Helm; ops/helm.test.ts checks the chart',
  'openssl rand': 'makes a secret for a command that is not run',
  'node ops/': 'builds images or acts on a whole installation',
  'node api/dist/': 'starts an installation; ops/start.test.ts does',
  'npx playwright': 'opens a report of end-to-end tests',
  'npx prisma': 'migrates a database by its own program; prisma/migrate.ts is tested',
  'aetherlink heal now': 'restarts a container, which takes a Docker engine; api/src/healing/graphql.test.ts does',
  'curl -f http://127.0.0.1:3000': 'asks the web, which does not run here; the start waits for this answer',
}

export const isNotRun = (command: string): boolean =>
  Object.keys(NOT_RUN).some((beginning) => command === beginning || command.startsWith(beginning))

const program = createProgram({
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: {},
  cwd: '.',
  interruptible: () => new AbortController().signal,
  exitCode: 0,
})
const COMMANDS = new Map(commandsOf(program))

/** The error in a line of `aetherlink ...`; null if there is none. Arguments may be placeholders. */
export function checkAetherlink(words: readonly string[]): string | null {
  const plain = words.filter((word) => !word.startsWith('-'))
  const command = COMMANDS.get(plain.slice(0, 2).join(' ')) ?? COMMANDS.get(plain[0] ?? '')
  const isGlobal = (flag: string) => flag === '--help' || flag === '--version' || has(program, flag)
  const unknown = words.filter((word) => word.startsWith('--') && !isGlobal(word) && !(command && has(command, word)))
  if (unknown.length > 0) return `unknown option ${unknown.join(', ')}`
  return command || plain.length === 0 ? null : `unknown command ${plain.join(' ')}`
}

const has = ({ options }: Command, flag: string) => options.some(({ long }) => long === flag)

const OF_NPM = ['ci', 'install', 'audit']
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts

/** The error in the words after `npm`: the script does not exist or refuses an argument; null if there is no error. */
export function checkNpm([verb = '', ...rest]: readonly string[]): string | null {
  if (OF_NPM.includes(verb)) return null
  const script = verb === 'run' ? (rest.shift() ?? '') : verb
  if (!(script in SCRIPTS)) return `there is no script ${script}`
  const separator = rest.indexOf('--')
  const args = separator === -1 ? [] : rest.slice(separator + 1)
  if (args.length === 0 && rest.length > 0) return `npm keeps ${rest.join(' ')} to itself: -- is missing`
  try {
    if (script === 'start' || script === 'dev') parseOptions(args, {})
    return script === 'test' ? checkTestPath(args) : null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Checks the path in `npm test -- PATH`: it must exist or be an example. */
function checkTestPath([first = '']: readonly string[]): string | null {
  const isPath = first.includes('/') && !first.includes('notes')
  return !isPath || existsSync(join(ROOT, first)) ? null : `there is no ${first}`
}

/** The words of a simple command, without quotation marks. */
export const wordsOf = (command: string): string[] =>
  Array.from(command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([word, double, single]) => double ?? single ?? word)

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { Command, Option } from 'commander'
import { EXAMPLES } from '../api/src/cli/examples.ts'
import { commandsOf, createProgram } from '../api/src/cli/program.ts'

const FILE = join(import.meta.dirname, '../docs/cli.md')
const BEGIN = '<!-- from api/src/cli, by npm run generate -->\n'
const END = '<!-- end -->'

/** The present text of docs/cli.md, and the text with the reference that is generated from the commands. */
export function cliPage(): { is: string; should: string } {
  const is = readFileSync(FILE, 'utf8')
  const program = createProgram({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    cwd: '.',
    interruptible: () => new AbortController().signal,
    exitCode: 0,
  })
  const reference = commandsOf(program).map(([path, command]) => section(path, command))
  const [before, rest = ''] = is.split(BEGIN)
  return { is, should: `${before}${BEGIN}${reference.join('\n')}${END}${rest.split(END)[1] ?? '\n'}` }
}

function section(path: string, command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? word : `[${word}]`
  })
  const usage = ['aetherlink', path, ...words, ...(command.options.length > 0 ? ['[OPTIONS]'] : [])].join(' ')
  const rows = [
    ...command.registeredArguments.map((argument) => row(argument.name(), argument.description)),
    ...command.options.map((option) => row(option.flags, `${option.description}${defaultOf(option)}`)),
  ]
  return [
    `### ${path}`,
    '',
    `${sentence(command.description())} \`${usage}\``,
    '',
    '```sh',
    EXAMPLES[path] ?? '',
    '```',
    '',
    ...(rows.length > 0 ? ['| | |', '|---|---|', ...rows, ''] : []),
  ].join('\n')
}

const row = (name: string, meaning: string) =>
  `| \`${name.replaceAll('|', '\\|')}\` | ${meaning.replaceAll(/[|*]/g, '\\$&')} |`
const sentence = (text: string) => `${text[0]?.toUpperCase()}${text.slice(1)}.`
const defaultOf = ({ mandatory, defaultValue, defaultValueDescription, negate }: Option) => {
  if (mandatory) return '; required'
  return defaultValue === undefined || negate ? '' : `; default: ${defaultValueDescription ?? String(defaultValue)}`
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(FILE, cliPage().should)

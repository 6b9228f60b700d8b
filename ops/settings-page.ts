import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { documentedSettings, parseEnv } from '../api/src/env.ts'

/** Placeholder values for required settings, so that the others show their defaults. */
const REQUIRED = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
}

const FILE = join(import.meta.dirname, '../docs/settings.md')
const BEGIN = '<!-- from api/src/env.ts, by npm run generate -->\n'
const END = '<!-- end -->'

/** The current text of docs/settings.md, and the text it should have: its table is generated from api/src/env.ts. */
export function settingsPage(): { is: string; should: string } {
  const is = readFileSync(FILE, 'utf8')
  const defaults = new Map(Object.entries(parseEnv(REQUIRED)))
  const rows = documentedSettings.map(({ name, meaning }) => {
    const value = name in REQUIRED ? 'required' : defaults.get(name)
    const isMap = typeof value === 'object' && !Array.isArray(value)
    const text = value === undefined || (isMap && Object.keys(value).length === 0) ? '' : String(value)
    const shown = text === '' || text === 'required' ? text : `\`${text}\``
    return `| \`${name}\` | ${shown} | ${meaning} |`
  })
  const table = ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n')
  const [before, rest = ''] = is.split(BEGIN)
  return { is, should: `${before}${BEGIN}${table}\n${END}${rest.split(END)[1]}` }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(FILE, settingsPage().should)

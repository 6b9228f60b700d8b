import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }

const CHART = join(import.meta.dirname, 'helm')
const read = (path: string) => readFileSync(join(CHART, path), 'utf8')
const values = parse(read('values.yaml'))
const templates = readdirSync(join(CHART, 'templates')).map((name) => ({ name, text: read(`templates/${name}`) }))

/** Whether the chart's values contain this path. An empty object may contain anything. */
function has(path: readonly string[]): boolean {
  let at: unknown = values
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !(key in at)) return false
    at = Reflect.get(at, key)
  }
  return true
}

// `helm lint` and `helm template` run in CI. This test finds the most common mistake without Helm: a reference to a
// missing value, which Helm renders as nothing.
test.each(templates)('$name refers to values that exist', ({ text }) => {
  for (const [, path = ''] of text.matchAll(/\.Values\.([\w.]+)/g)) expect(has(path.split('.')), path).toBe(true)
  expect(text.match(/{{/g)?.length).toBe(text.match(/}}/g)?.length)
})

test('the values of CI change only existing values', () => {
  for (const file of readdirSync(join(CHART, 'ci')))
    for (const [key, value] of Object.entries<object>(parse(read(`ci/${file}`)))) {
      expect(has([key]), key).toBe(true)
      if (typeof value !== 'object' || key === 'settings' || key === 'webSettings') continue
      for (const name of Object.keys(value)) expect(has([key, name]), `${key}.${name}`).toBe(true)
    }
})

test('the chart has the version of the packages', () => {
  expect(parse(read('Chart.yaml'))).toMatchObject({ version: packageJson.version, appVersion: packageJson.version })
})

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { which } from './lib/processes/processes.mjs'

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

// `helm lint` runs in CI. This test finds the most common mistake without Helm: a reference to a missing value, which
// Helm renders as nothing.
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

interface Resource {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: { ports?: { port: number }[] }
}

/** The resources of the chart as Helm renders them. */
function render(...args: string[]): Resource[] {
  const { status, stdout, stderr } = spawnSync('helm', ['template', 'x', CHART, '--kube-version', '1.31.0', ...args], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return parseAllDocuments(stdout).flatMap((document) => {
    expect(document.errors).toEqual([])
    return (document.toJS() as Resource | null) ?? []
  })
}

describe.skipIf(!which('helm'))('rendered by Helm', () => {
  const settingsOf = (resources: Resource[]) => resources.find(({ kind }) => kind === 'ConfigMap')?.data

  test.each(readdirSync(join(CHART, 'ci')))('with ci/%s the API checks the health of the web console', (file) => {
    const resources = render('--values', join(CHART, 'ci', file))
    const { hostname, port, pathname } = new URL(settingsOf(resources)?.UI_HEALTH_URL ?? '')
    const service = resources.find(({ kind, metadata }) => kind === 'Service' && metadata.name === hostname)
    expect(service?.metadata.name).toMatch(/-web$/)
    expect([port, pathname]).toEqual([String(service?.spec?.ports?.[0]?.port), '/health.json'])
  })

  test('a setting replaces that URL, or turns the check off', () => {
    const url = 'https://console.example.com/health.json'
    expect(settingsOf(render('--set', `settings.UI_HEALTH_URL=${url}`))?.UI_HEALTH_URL).toBe(url)
    expect(settingsOf(render('--set', 'settings.UI_HEALTH_URL='))?.UI_HEALTH_URL).toBe('')
  })
})

test('the chart has the version of the packages', () => {
  expect(parse(read('Chart.yaml'))).toMatchObject({ version: packageJson.version, appVersion: packageJson.version })
})

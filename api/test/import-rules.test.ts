import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect, test } from 'vitest'

const SOURCE = join(import.meta.dirname, '../src')

/**
 * The layers of api/src, lowest first. A file may import from its own folder and from the lines above its own in this
 * list. Folders on the same line must not import from each other. docs/architecture.md, "Imports", gives the reasons.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['kit'],
  ['settings'],
  ['env.ts'],
  ['tracing'],
  ['db'],
  ['app-context.ts'],
  ['identity'],
  ['graphql'],
  ['http'],
  ['audit'],
  ['access'],
  ['events'],
  ['webhooks'],
  ['deliveries'],
  ['alerts', 'retention', 'registry', 'healing', 'ai', 'crm', 'mcp'],
  ['pipeline.ts', 'ai-wiring.ts', 'upkeep.ts', 'schema.ts', 'ops-loop.ts'],
  ['app.ts', 'worker-server.ts'],
  ['server.ts', 'worker.ts', 'check-settings.ts', 'cli', 'demo', 'bench'],
]

interface Import {
  from: string
  to: string
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)
const imports = files.flatMap((file): Import[] =>
  [...readFileSync(join(SOURCE, file), 'utf8').matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.[^']+\.ts)'/g)].map(
    ([, specifier]) => ({ from: file, to: relative(SOURCE, normalize(join(SOURCE, dirname(file), specifier!))) }),
  ),
)
/** The folder of a path, or the file itself if it is directly in api/src. */
const placeOf = (path: string) => path.split('/')[0]!
const layerOf = (path: string) => LAYERS.findIndex((places) => places.includes(placeOf(path)))

test('every folder and file of api/src has a layer', () => {
  expect([...new Set(files.map(placeOf))].filter((place) => layerOf(place) === -1)).toEqual([])
})

test('imports point to lower layers only', () => {
  const upward = imports.filter(({ from, to }) => {
    if (to.startsWith('..') || placeOf(from) === placeOf(to)) return false
    return layerOf(to) >= layerOf(from)
  })
  expect(upward.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('there are no import cycles', () => {
  const targets = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file)]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) return circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file)) return
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('only one file imports Bull', () => {
  const users = files.filter((file) => /from 'bull'/.test(readFileSync(join(SOURCE, file), 'utf8')))
  expect(users).toEqual(['kit/jobs/jobs.ts'])
})

test('only the exporter and its sampler import OpenTelemetry, and they are loaded when tracing is on', () => {
  const users = files.filter((file) => /from '@opentelemetry\//.test(readFileSync(join(SOURCE, file), 'utf8')))
  expect(users).toEqual(['tracing/otlp.ts', 'tracing/sampler.ts'])
  expect(imports.filter(({ to }) => to === 'tracing/otlp.ts').map(({ from }) => from)).toEqual([
    'tracing/create-tracing.ts',
  ])
  const text = readFileSync(join(SOURCE, 'tracing/create-tracing.ts'), 'utf8')
  expect(text).toMatch(/await import\('\.\/otlp\.ts'\)/)
  expect(text).toMatch(/import type \{[^}]*\} from '\.\/sampler\.ts'/)
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { observeAttempts } from '../api/src/deliveries/metrics.ts'
import { createWorkerServer } from '../api/src/worker-server.ts'
import { startTestApp, type TestApp } from '../api/test/harness.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

interface Rule {
  alert?: string
  record?: string
  expr: string
  annotations?: { runbook: string }
}

const rules: Rule[] = ['alerts', 'slo'].flatMap((file) =>
  parse(read(`ops/prometheus/${file}.yml`)).groups.flatMap((group: { rules: Rule[] }) => group.rules),
)
const recorded = rules.flatMap(({ record }) => record ?? [])

/** Names of the metrics in an expression, without the suffixes of histograms. */
const metricsIn = (expression: string): string[] =>
  Array.from(expression.matchAll(/\b((?:aetherlink|nodejs|process)_\w+)/g), ([name]) =>
    name.replace(/(_seconds|_bytes)_(bucket|count|sum)$/, '$1'),
  )

let app: TestApp
/** The metrics of the API and the workers: a map from name to help text. */
let served: Map<string, string>

beforeAll(async () => {
  app = await startTestApp()
  const worker = createWorkerServer(app.core)
  observeAttempts(worker.registry)
  const api = await (await app.http('/metrics')).text()
  served = new Map()
  for (const text of [api, await worker.registry.metrics(), await defaultMetrics()])
    for (const [, name, help] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) if (name && help) served.set(name, help)
})
afterAll(() => app.stop())

async function defaultMetrics(): Promise<string> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry.metrics()
}

test('docs/metrics.md lists exactly the existing metrics', () => {
  const documented = new Set(
    Array.from(read('docs/metrics.md').matchAll(/^\| `(aetherlink_\w+)`/gm), ([, name]) => name),
  )
  const own = Array.from(served.keys()).filter((name) => name.startsWith('aetherlink_'))
  expect(Array.from(documented).toSorted()).toEqual(own.toSorted())
})

test('alert rules refer to existing metrics, and each alert to its part of docs/operate.md', () => {
  const anchors = new Set(
    Array.from(read('docs/operate.md').matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(' ', '-')
        .replace(/[^\w-]/g, ''),
    ),
  )
  expect(rules.length).toBeGreaterThan(10)
  for (const { alert, expr, annotations } of rules) {
    for (const name of metricsIn(expr)) expect(served.has(name), name).toBe(true)
    for (const [name] of expr.matchAll(/\baetherlink:\w+:\w+/g)) expect(recorded).toContain(name)
    if (alert) expect(anchors).toContain(annotations?.runbook.replace('docs/operate.md#', ''))
  }
})

describe.each(readdirSync(join(ROOT, 'ops/grafana/dashboards')))('the dashboard %s', (file) => {
  test('refers to existing metrics', () => {
    const { panels }: { panels: { title: string; targets: { expr: string }[] }[] } = JSON.parse(
      read(`ops/grafana/dashboards/${file}`),
    )
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    expect(expressions.length).toBeGreaterThan(8)
    for (const expr of expressions) {
      for (const name of metricsIn(expr)) expect(served.has(name), name).toBe(true)
      for (const [name] of expr.matchAll(/\baetherlink:\w+:\w+/g)) expect(recorded).toContain(name)
    }
  })
})

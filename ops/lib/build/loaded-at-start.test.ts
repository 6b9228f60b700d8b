import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../paths.mjs'

/**
 * Packages of features that an installation may not use. Each must be loaded only at its first use. Packages that only
 * these depend on must be added to the list too.
 */
const WHEN_USED = [
  '@ai-sdk/anthropic',
  '@ai-sdk/openai',
  '@ai-sdk/openai-compatible',
  '@ai-sdk/provider',
  '@aws-sdk/client-s3',
  '@graphql-yoga/render-graphiql',
  '@grpc/grpc-js',
  '@modelcontextprotocol/sdk',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/sdk-trace-node',
  'dockerode',
  'libphonenumber-js',
  'ssh2',
]

/** The packages that an entry point loads before its first line runs, directly or through other modules. */
async function loadedAtStart(entry: string): Promise<Set<string>> {
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    splitting: true,
    outdir: join(ROOT, 'api/dist'),
    write: false,
    metafile: true,
    treeShaking: false,
    external: ['pg-native', 'cpu-features'],
    logLevel: 'silent',
  })
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (path: string) => {
    const input: Metafile['inputs'][string] | undefined = metafile.inputs[path]
    if (seen.has(path) || !input) return
    seen.add(path)
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
    if (name) packages.add(name)
    for (const { kind, path: imported } of input.imports) if (kind !== 'dynamic-import') visit(imported)
  }
  visit(entry)
  return packages
}

describe.each(['api/src/server.ts', 'api/src/worker.ts'])('%s', (entry) => {
  test('loads no package of a feature that is not used', { timeout: 60_000 }, async () => {
    const packages = await loadedAtStart(entry)
    expect([...packages]).toEqual(expect.arrayContaining(['bull', 'graphql', 'pg', 'undici']))
    expect(WHEN_USED.filter((name) => packages.has(name))).toEqual([])
  })
})

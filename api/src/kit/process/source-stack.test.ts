import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sourceStack } from './source-stack.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'source-stack-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

test('a stack trace of a bundle names the line of the source', async () => {
  writeFileSync(
    join(directory, 'other.ts'),
    'export type A = 1\n\n\nexport function fail(): never {\n  throw new Error("no")\n}\n',
  )
  writeFileSync(join(directory, 'entry.ts'), 'import { fail } from "./other.ts"\nexport const run = () => fail()\n')
  const outfile = join(directory, 'bundle.js')
  const options = { bundle: true, platform: 'node', format: 'esm', sourcemap: true, sourcesContent: false } as const
  await build({ entryPoints: [join(directory, 'entry.ts')], outfile, ...options })
  const { run } = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { run: () => never }
  const stack = await Promise.resolve()
    .then(run)
    .catch((error: Error) => error.stack ?? '')
  expect(sourceStack(stack)).toMatch(/other\.ts:5:\d+/)
  expect(sourceStack(stack)).toMatch(/entry\.ts:2:\d+/)
})

test('a stack trace without source maps stays as it is', () => {
  writeFileSync(join(directory, 'broken.js.map'), '{')
  const stack = `Error: no\n    at run (${join(directory, 'broken.js')}:1:1)\n    at /nowhere/plain.js:2:3\n    at node:internal/a:1:1`
  expect(sourceStack(stack)).toBe(stack)
})

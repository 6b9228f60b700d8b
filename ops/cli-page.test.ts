import { expect, test } from 'vitest'
import { EXAMPLES } from '../api/src/cli/examples.ts'
import { cliPage } from './cli-page.ts'

test('docs/cli.md describes the commands, each with an example (npm run generate)', () => {
  const { is, should } = cliPage()
  expect(is).toBe(should)
  const headings = [...should.matchAll(/^### (.+)$/gm)].map(([, path]) => path)
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(headings.toSorted())
})

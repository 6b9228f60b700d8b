import { spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSchema, type DocumentNode, Kind, type OperationDefinitionNode, parse, print, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../harness.ts'
import { type Block, codeOf, PAGES, read } from './pages.ts'

const schema = buildSchema(read('codegen/schema.graphql'))

interface Example {
  page: string
  line: number
  operation: OperationDefinitionNode
}

const STRING = /"""([\s\S]*?)"""|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g
const OPERATION = /^\s*(query|mutation|subscription)\b[\s\S]*\{/

/**
 * The GraphQL in a block: the whole block if its language is GraphQL, otherwise the strings in it that are operations,
 * also within JSON.
 */
function documentsOf({ language, text }: Block): string[] {
  if (language === 'graphql') return [text]
  const inJson = Array.from(text.matchAll(/"query":\s*"((?:[^"\\]|\\.)*)"/g), ([, json]) =>
    String(JSON.parse(`"${json}"`)),
  )
  const rest = text.replace(/"query":\s*"((?:[^"\\]|\\.)*)"/g, '')
  const strings = Array.from(rest.matchAll(STRING), ([, long, single, double]) => long ?? single ?? double ?? '')
  return [...inJson, ...strings.filter((string) => OPERATION.test(string))]
}

const examples = PAGES.flatMap((page): Example[] =>
  codeOf(read(page)).flatMap((block) =>
    documentsOf(block).flatMap((text) =>
      parse(text).definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION ? [{ page, line: block.line, operation: definition }] : [],
      ),
    ),
  ),
)
const alone = (operation: OperationDefinitionNode): DocumentNode => ({ kind: Kind.DOCUMENT, definitions: [operation] })

test('the pages have operations', () => {
  expect(examples.length).toBeGreaterThan(25)
  for (const page of ['README.md', 'docs/tutorial.md', 'docs/webhooks.md', 'docs/recipes.md'])
    expect(
      examples.some((example) => example.page === page),
      page,
    ).toBe(true)
})

test.each(examples)('$page, line $line: the operation is valid', ({ operation }) => {
  expect(validate(schema, alone(operation)).map(({ message }) => message)).toEqual([])
})

describe('on a running installation', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
  })
  afterAll(() => app.stop())

  const queries = examples.filter(
    ({ operation }) =>
      operation.operation === 'query' && !operation.variableDefinitions?.length && !/_\w*\.\.\./.test(print(operation)),
  )
  test.each(queries)('$page, line $line: the query is answered', async ({ operation }) => {
    expect((await app.gql(print(operation))).errors).toBeUndefined()
  })
})

test('links between pages lead to pages and headings that exist', () => {
  const slug = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const headings = (markdown: string) => Array.from(markdown.matchAll(/^#+ (.*)$/gm), ([, title = '']) => slug(title))
  const broken = ['SECURITY.md', 'CONTRIBUTING.md', ...PAGES].flatMap((page) =>
    Array.from(read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)).flatMap(
      ([link, path = '', anchor]) => {
        const target = path === '' ? page : join(page, '..', path)
        try {
          if (anchor !== undefined && !headings(read(target)).includes(anchor)) return [`${page}: ${link}`]
        } catch (error) {
          if (error instanceof Error && 'code' in error && error.code !== 'EISDIR') return [`${page}: ${link}`]
        }
        return []
      },
    ),
  )
  expect(broken).toEqual([])
})

describe('the receivers of docs/webhooks.md', () => {
  const blocks = codeOf(read('docs/webhooks.md'))
  const codeIn = (language: string) => blocks.find((block) => block.language === language)?.text ?? ''
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const sign = (body: string, key = secret) => {
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
    const signature = mac.update(`evt_1.${timestamp}.${body}`).digest('base64')
    return { 'webhook-id': 'evt_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,AAAA v1,${signature}` }
  }
  const BODY = '{"name":"Łódź"}'
  const cases = [
    { headers: sign(BODY), body: BODY, valid: true },
    { headers: sign(BODY), body: `${BODY} `, valid: false },
    { headers: sign(BODY, `whsec_${randomBytes(32).toString('base64')}`), body: BODY, valid: false },
    { headers: { ...sign(BODY), 'webhook-timestamp': '1700000000' }, body: BODY, valid: false },
  ]
  const directory = mkdtempSync(join(tmpdir(), 'aetherlink-docs-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  test('verify in Node.js', async () => {
    const file = join(directory, 'verify.mjs')
    writeFileSync(file, codeIn('js'))
    const { verify } = await import(/* @vite-ignore */ pathToFileURL(file).href)
    for (const { headers, body, valid } of cases) expect(verify(secret, headers, body)).toBe(valid)
  })

  const hasPython = spawnSync('python3', ['--version']).status === 0
  test.skipIf(!hasPython)('verify in Python', () => {
    const check = `${codeIn('python')}
import json, sys
for case in json.load(sys.stdin):
    assert verify(${JSON.stringify(secret)}, case["headers"], case["body"].encode()) == case["valid"], case
`
    const { status, stderr } = spawnSync('python3', ['-c', check], { input: JSON.stringify(cases), encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { updateSearchIndex } from './indexer.ts'
import { readableJson } from './readable-json.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

test('SQL and JavaScript decode payloads in the same way', async () => {
  const piece = fc.constantFrom(
    '\\\\',
    '\\"',
    '\\/',
    '\\n',
    '\\t',
    '\\u00FC',
    '\\ud83d',
    '\\uDE00',
    '\\u0000',
    'u0041',
    'n',
    'é',
    ' ',
  )
  const texts = fc.sample(
    fc.array(piece, { maxLength: 12 }).map((pieces) => `"${pieces.join('')}"`),
    400,
  )
  const rows = await app.sql<{ text: string }>('SELECT readable_json(t::json) AS text FROM unnest($1::text[]) AS t', [
    texts,
  ])
  expect(rows.map(({ text }) => text)).toEqual(texts.map(readableJson))
})

const PAYLOADS = {
  path: '{"path":"C:\\\\temp\\\\logs"}',
  tab: '{"note":"a\\there"}',
  escaped: '{"city":"Z\\u00fcrich, \\ud83d\\ude00"}',
  quoted: '{"said":"\\"hello\\" \\/ bye"}',
}

test('a search matches decoded text, with and without the index', async () => {
  for (const [source, payload] of Object.entries(PAYLOADS)) {
    const query = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { deduplicated } }'
    const body = `{"query":"${query}","variables":{"input":{"type":"read.me","source":"${source}","payload":${payload}}}}`
    await app.http('/graphql', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  }
  const found = async (search: string) => {
    const query =
      'query ($search: String!) { events(filter: { types: ["read.me"], search: $search }) { nodes { source } } }'
    return (await app.ok<{ events: { nodes: { source: string }[] } }>(query, { search })).events.nodes.map(
      (node) => node.source,
    )
  }
  const expected: [string, string[]][] = [
    ['C:\\temp', ['path']],
    ['temp\\logs', ['path']],
    ['C:\\\\temp', []],
    ['there', []],
    ['here', ['tab']],
    ['zürich', ['escaped']],
    ['😀', ['escaped']],
    ['u00fc', []],
    ['"hello" / bye', ['quoted']],
  ]
  for (const [search, sources] of expected) expect([search, await found(search)]).toEqual([search, sources])
  // The index is built from blocks of a hundred events.
  const input = Array.from({ length: 600 }, () => ({ type: 'fill', source: 'fill' }))
  await app.ok('mutation ($input: [PublishEventInput!]!) { publishEvents(input: $input) { accepted } }', { input })
  while (await updateSearchIndex(app.core));
  for (const [search, sources] of expected) expect([search, await found(search)]).toEqual([search, sources])
})

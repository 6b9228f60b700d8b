import { readFileSync } from 'node:fs'
import { parse, print } from 'graphql'
import { expect, it } from 'vitest'
import { packDefinitions, unpackDocument } from './packed-document.mjs'

const every = `
query Every($id: ID!, $list: [Int!] = [1, 2] @tag, $where: Where = { text: "a", at: 1.5, on: true, kind: ONE, no: null }) @live {
  short: row(id: $id, note: """block""") { id ... on Row @skip(if: $no) { name { first } } ...Part @include(if: $yes) }
  list
}
fragment Part on Row @tag(n: 1) { id, empty(list: [], object: {}) }
mutation { act }
subscription S { tick }`

it('unpacks every document of the console, and every kind of node, as it was parsed', () => {
  const stored: Record<string, string> = JSON.parse(readFileSync('codegen/gql/persisted-documents.json', 'utf8'))
  for (const text of [every, ...Object.values(stored)]) {
    const parsed = parse(text, { noLocation: true })
    const unpacked = unpackDocument(JSON.parse(JSON.stringify(packDefinitions(parsed.definitions))))
    expect(unpacked).toEqual(parsed)
    expect(print(unpacked as typeof parsed)).toBe(print(parsed))
  }
})

it('keeps the id of an operation, and a fragment has none', () => {
  expect(unpackDocument([], 'sha256:00')).toMatchObject({ __meta__: { hash: 'sha256:00' } })
  expect(unpackDocument([])).not.toHaveProperty('__meta__')
})

it('refuses a node that it cannot unpack', () => {
  expect(() => packDefinitions(parse('type A { b: Int }').definitions)).toThrow('ObjectTypeDefinition')
})

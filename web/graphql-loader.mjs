import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Kind, parse, visit } from 'graphql'
import { packDefinitions } from './lib/packed-document.mjs'

/** The generated documents: a map from id to text. Each text contains every fragment that the operation uses. */
export const PERSISTED = join(import.meta.dirname, '../codegen/gql/persisted-documents.json')

const CALL = /\bgraphql\(\s*`([^`]*)`,?\s*\)/g

/** @typedef {import('graphql').DefinitionNode} Definition */

/** @type {{ readAt: number, operations: Map<string, { id: string, definitions: readonly Definition[] }>, fragments: Map<string, Definition> } | null} */
let cache = null

/** Reads the generated documents. Reads them again if the file has changed. */
function generated() {
  const { mtimeMs } = statSync(PERSISTED)
  if (cache?.readAt === mtimeMs) return cache
  const next = { readAt: mtimeMs, operations: new Map(), fragments: new Map() }
  for (const [id, text] of Object.entries(JSON.parse(readFileSync(PERSISTED, 'utf8')))) {
    const { definitions } = parse(text, { noLocation: true })
    for (const definition of definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) next.fragments.set(definition.name.value, definition)
      else if (definition.kind === Kind.OPERATION_DEFINITION && definition.name)
        next.operations.set(definition.name.value, { id, definitions })
  }
  cache = next
  return next
}

/**
 * A fragment together with the fragments that it uses.
 * @param {string} name
 * @param {Map<string, Definition>} fragments
 * @param {Set<string>} collected
 */
function withUsed(name, fragments, collected = new Set()) {
  const fragment = fragments.get(name)
  if (!fragment || collected.has(name)) return collected
  collected.add(name)
  visit(fragment, { FragmentSpread: (spread) => void withUsed(spread.name.value, fragments, collected) })
  return collected
}

/**
 * Replaces each graphql(`...`) by its generated document. Otherwise every page would load the documents of all
 * features, because the generated `graphql` function looks them up in one table.
 * @param {string} source
 */
export function inlineDocuments(source) {
  if (!source.includes('graphql(`')) return source
  const { operations, fragments } = generated()
  const inlined = source.replace(CALL, (_call, text) => {
    const name = /(?:query|mutation|subscription|fragment)\s+(\w+)/.exec(text)?.[1] ?? ''
    const operation = operations.get(name)
    const definitions = operation?.definitions ?? [...withUsed(name, fragments)].map((one) => fragments.get(one))
    if (definitions.length === 0) throw new Error(`codegen/gql has no document ${name}: run npm run generate`)
    return `unpackDocument(${JSON.stringify(packDefinitions(definitions))}, ${JSON.stringify(operation?.id)})`
  })
  // The import is added at the end, because a directive such as 'use client' must stay the first statement.
  return `${inlined}\nimport { unpackDocument } from '@/lib/packed-document.mjs'\n`
}

/** @this {{ addDependency(path: string): void }} @param {string} source */
export default function loader(source) {
  this.addDependency(PERSISTED)
  // Turbopack keeps cached results after the loader was edited, unless the loader is a dependency itself.
  this.addDependency(import.meta.filename)
  this.addDependency(join(import.meta.dirname, 'lib/packed-document.mjs'))
  return inlineDocuments(source)
}

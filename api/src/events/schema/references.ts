import type { SchemaNode } from './nodes.ts'
import { type Dialect, type Json, SchemaProblem } from './schema-problem.ts'

interface Reference {
  node: SchemaNode
  keyword: '$ref' | '$dynamicRef'
  text: string
  base: string
}

/** Reads a value as a subschema. The value is at a place outside the schema keywords. */
type Read = (value: unknown, at: readonly string[], base: string) => SchemaNode

/** The base URI of a schema that has no `$id`. */
const HOME = 'schema://here/'
const META_SCHEMAS = /^https?:\/\/json-schema\.org\//

/**
 * Collects the names of the subschemas within one schema and resolves the references to them. References to other
 * schemas are not allowed.
 */
export function createReferences(schema: Json, dialect: Dialect, mayNameMetaSchemas: boolean) {
  const places = new Map<unknown, SchemaNode>()
  const resources = new Map<string, { value: Json; at: readonly string[] }>([[HOME, { value: schema, at: [] }]])
  const anchors = new Map<string, Json>()
  const dynamicAnchors = new Map<string, Json>()
  const references: Reference[] = []
  let home = HOME

  const nameOf = (value: Json, at: readonly string[], base: string): string => {
    const id = value.$id
    // In draft-07, $id is ignored if there is a $ref next to it.
    if (typeof id !== 'string' || (dialect === 'draft-07' && value.$ref !== undefined)) return base
    const wrong = (message: string) =>
      new SchemaProblem([...at, '$id'], `${JSON.stringify(id.slice(0, 200))} ${message}`)
    const [name, fragment] = resolve(id, base) ?? []
    if (name === undefined) throw wrong('is not a URI reference')
    if (META_SCHEMAS.test(name) && !mayNameMetaSchemas)
      throw wrong('is the name of a meta-schema; expected another name or none. $schema declares the dialect')
    if (fragment) anchors.set(`${name}#${fragment}`, value)
    if (id.startsWith('#')) return base
    if ((resources.get(name)?.value ?? value) !== value) throw wrong('is also the name of another subschema')
    resources.set(name, { value, at })
    return name
  }

  const targetOf = ({ node, keyword, text, base }: Reference, read: Read): SchemaNode => {
    const wrong = (message: string) =>
      new SchemaProblem([...node.at, keyword], `${JSON.stringify(text.slice(0, 200))} ${message}`)
    const [name = '', fragment = ''] = resolve(text, base) ?? []
    const resource = resources.get(name)
    if (!resource) throw wrong('is not within this schema; expected a reference into it, such as #/definitions/name')
    const isPointer = fragment === '' || fragment.startsWith('/')
    const steps = fragment
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    let target: unknown = isPointer ? resource.value : anchors.get(`${name}#${fragment}`)
    for (const step of isPointer ? steps : []) {
      const within = typeof target === 'object' && target !== null && Object.hasOwn(target, step)
      target = within ? (target as Json)[step] : undefined
    }
    if (keyword === '$dynamicRef' && target !== undefined && dynamicAnchors.get(`${name}#${fragment}`) === target) {
      // A dynamic reference means the outermost schema with this anchor. Evaluation starts at the root, so an anchor
      // there wins.
      const all = [...dynamicAnchors].filter(([anchor]) => anchor.endsWith(`#${fragment}`))
      target = dynamicAnchors.get(`${home}#${fragment}`) ?? target
      if (all.length > 1 && !dynamicAnchors.has(`${home}#${fragment}`))
        throw wrong('is resolved dynamically, which is not supported; expected $ref')
    }
    const entered = typeof target === 'object' ? places.get(target) : undefined
    if (entered) return entered
    if (typeof target !== 'boolean' && (typeof target !== 'object' || target === null || Array.isArray(target)))
      throw wrong('names no subschema of this schema')
    return read(target, [...resource.at, ...steps], name)
  }

  return {
    home: HOME,
    /** Records the name and the references of a subschema. Returns the base URI for references within it. */
    enter(value: Json, node: SchemaNode, base: string): string {
      places.set(value, node)
      const inner = nameOf(value, node.at, base)
      if (node.at.length === 0) home = inner
      for (const keyword of ['$anchor', '$dynamicAnchor'])
        if (typeof value[keyword] === 'string') anchors.set(`${inner}#${value[keyword]}`, value)
      if (typeof value.$dynamicAnchor === 'string') dynamicAnchors.set(`${inner}#${value.$dynamicAnchor}`, value)
      const refers = (keyword: Reference['keyword']) => {
        const text = value[keyword]
        if (typeof text === 'string') references.push({ node, keyword, text, base: inner })
      }
      refers('$ref')
      if (dialect === 'draft-07') return inner
      refers('$dynamicRef')
      if (value.$recursiveRef !== undefined)
        throw new SchemaProblem([...node.at, '$recursiveRef'], 'is not part of 2020-12; expected $ref')
      return inner
    },
    /** Resolves all references. Subschemas that are read for this may add more references, which are resolved too. */
    follow(read: Read): void {
      for (const reference of references) {
        const target = targetOf(reference, read)
        if (reference.node.ref === null) reference.node.ref = target
        else reference.node.allOf = [...reference.node.allOf, target]
      }
    },
  }
}

/** Splits a URI reference into the absolute URI without its fragment, and the fragment. */
function resolve(reference: string, base: string): [name: string, fragment: string] | null {
  try {
    const url = new URL(reference, base)
    const fragment = decodeURIComponent(url.hash.slice(1))
    url.hash = ''
    return [url.href, fragment]
  } catch {
    return null
  }
}

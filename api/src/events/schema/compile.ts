import { badInput, type InputIssue } from '../../kit/errors.ts'
import { isDeeper } from '../../kit/json/nesting.ts'
import { MAX_PAYLOAD_DEPTH } from '../publish/payload.ts'
import { MAX_COST, measure } from './cost.ts'
import { evaluate } from './evaluate.ts'
import { FORMATS } from './formats.ts'
import { Identities } from './identity.ts'
import { META_SCHEMAS } from './meta-schemas.ts'
import type { SchemaNode } from './nodes.ts'
import { createPatterns } from './patterns.ts'
import { readSchema } from './read.ts'
import { type Dialect, type Json, SchemaProblem } from './schema-problem.ts'

/**
 * Validates a payload in time that is linear in its size. Returns the problems with paths relative to the payload, or
 * null if the payload is valid.
 */
export type Check = (payload: unknown) => InputIssue[] | null

const MAX_BYTES = 64 * 1024
const MAX_DEPTH = 100
const DIALECTS: Readonly<Record<string, Dialect>> = {
  'json-schema.org/draft-07/schema': 'draft-07',
  'json-schema.org/draft/2020-12/schema': '2020-12',
}

/**
 * Compiles a JSON Schema: 2020-12 if `$schema` names it, otherwise draft-07. Schemas do not affect each other. Throws
 * BAD_USER_INPUT at or below `path` if the schema is invalid, or if validating some payload could be too expensive.
 */
export function compileSchema(schema: unknown, path: string | readonly string[]): Check {
  const at = typeof path === 'string' ? path.split('.') : path
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw badInput(at, 'expected a JSON Schema object')
  if (isDeeper(schema, MAX_DEPTH)) throw badInput(at, `is nested more than ${MAX_DEPTH} levels deep`)
  const text = JSON.stringify(schema)
  if (Buffer.byteLength(text) > MAX_BYTES) throw badInput(at, `is larger than ${MAX_BYTES / 1024} KiB`)
  try {
    return compile(JSON.parse(text))
  } catch (error) {
    if (error instanceof SchemaProblem) throw badInput([...at, ...error.at], error.message)
    throw error
  }
}

function compile(schema: Json): Check {
  const dialect = dialectOf(schema)
  const wrong = problemOf(schema, dialect)
  if (wrong !== null) throw new SchemaProblem([], `is not a usable JSON Schema: ${wrong}`)
  const read = reading(schema, dialect, (value) => problemOf(value, dialect))
  checkCost(read.nodes, read.root)
  return read.check
}

function reading(schema: Json, dialect: Dialect, problemOf: ((value: unknown) => string | null) | null) {
  const tools = { patterns: createPatterns(), identities: new Identities(), formats: FORMATS }
  const { root, nodes } = readSchema(schema, dialect, tools, problemOf)
  const check: Check = (payload) => {
    try {
      if (evaluate(root, payload, null, null)) return null
      const issues: InputIssue[] = []
      evaluate(root, payload, { issues, parent: null, key: '' }, null)
      return issues
    } finally {
      tools.identities.forget()
      tools.patterns.forget()
    }
  }
  return { root, nodes, check }
}

function dialectOf({ $schema }: Json): Dialect {
  if ($schema === undefined) return 'draft-07'
  const name = typeof $schema === 'string' ? $schema.replace(/^https?:\/\//, '').replace(/#$/, '') : ''
  const dialect = Object.hasOwn(DIALECTS, name) ? DIALECTS[name] : undefined
  if (dialect) return dialect
  const came = JSON.stringify($schema).slice(0, 200)
  throw new SchemaProblem(
    ['$schema'],
    `${came} is not known; expected https://${Object.keys(DIALECTS).join(' or https://')}`,
  )
}

const metaChecks = new Map<Dialect, Check>()

/** The first violations of the meta-schema as a text; null if the schema is valid. */
function problemOf(schema: unknown, dialect: Dialect): string | null {
  const check = metaChecks.get(dialect) ?? reading(META_SCHEMAS[dialect], dialect, null).check
  metaChecks.set(dialect, check)
  const issues = check(schema)
  return issues?.map(({ path, message }) => `${path.join('/') || 'it'} ${message}`).join(', ') ?? null
}

/** Texts for the cost measures in error messages. */
const COSTS = {
  evaluations: ['evaluates', 'subschemas on one value', 'fewer alternatives within each other'],
  patterns: ['matches one text against', 'steps of patterns', 'fewer or shorter patterns'],
  depth: ['evaluates', 'subschemas within each other where a payload is deep', 'fewer references to references'],
} as const

function checkCost(nodes: SchemaNode[], root: SchemaNode): void {
  const cost = measure(nodes, root, MAX_PAYLOAD_DEPTH)
  if ('endless' in cost) {
    const where = ['#', ...cost.endless.at].join('/')
    throw new SchemaProblem(
      [],
      `evaluates ${where} within itself on the same value; expected that below a property or an item`,
    )
  }
  if ('intricate' in cost)
    throw new SchemaProblem([], 'combines subschemas in more ways than can be measured; expected fewer alternatives')
  for (const what of ['evaluations', 'patterns', 'depth'] as const) {
    if (cost[what] <= MAX_COST[what]) continue
    const [does, unit, instead] = COSTS[what]
    throw new SchemaProblem(
      [],
      `${does} ${cost[what]} ${unit}, or more; expected at most ${MAX_COST[what]}: ${instead}`,
    )
  }
}

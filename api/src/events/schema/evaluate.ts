import type { InputIssue } from '../../kit/errors.ts'
import { type Assertion, has, KINDS, kindOf } from './assertions.ts'
import { EvaluatedMembers } from './evaluated-members.ts'
import type { SchemaNode } from './nodes.ts'

/** The path to the current value, and the problems found so far. Used only when errors are reported. */
export interface Trace {
  issues: InputIssue[]
  parent: Trace | null
  key: string
}

/** Maximum number of reported problems. Enough for the branches of a large union. */
const MAX_ISSUES = 60
const MAX_MESSAGE = 500
const MAX_NAME = 200

/**
 * Evaluates a subschema on a value. measure() has limited the number of these calls in advance. With `trace`, problems
 * are reported. With `seen`, the evaluated members are recorded for an `unevaluated...` keyword of an enclosing schema.
 */
export function evaluate(
  node: SchemaNode,
  value: unknown,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
): boolean {
  if (node.never) return fail(trace, 'boolean schema is false')
  const { assertions } = node
  // The schema is `true`.
  if (assertions === null) return true
  const kind = kindOf(value)
  if (assertions.types !== 0 && (assertions.types & kind) === 0) return fail(trace, assertions.typeMessage)
  if (!hold(assertions.any, value, trace)) return false
  const members = node.unevaluatedProperties || node.unevaluatedItems ? new EvaluatedMembers() : seen
  if (kind & KINDS.object) {
    if (!hold(assertions.object, value, trace) || !inPlace(node, value, trace, members)) return false
    if (!properties(node, value as Record<string, unknown>, trace, members)) return false
  } else if (kind & KINDS.array) {
    if (!hold(assertions.array, value, trace) || !inPlace(node, value, trace, members)) return false
    if (!items(node, value as unknown[], trace, members)) return false
  } else {
    if (kind & KINDS.string && !hold(assertions.string, value, trace)) return false
    if (kind & KINDS.number && !hold(assertions.number, value, trace)) return false
    if (!inPlace(node, value, trace, members)) return false
  }
  if (members !== seen) seen?.add(members)
  return true
}

function hold(assertions: readonly Assertion[], value: unknown, trace: Trace | null): boolean {
  for (let i = 0; i < assertions.length; i++) {
    const { holds, message } = assertions[i]!
    if (!holds(value as never))
      return fail(trace, typeof message === 'string' ? message : trace && message(value as never))
  }
  return true
}

function inPlace(node: SchemaNode, value: unknown, trace: Trace | null, seen: EvaluatedMembers | null): boolean {
  if (node.ref && !evaluate(node.ref, value, trace, seen)) return false
  for (let i = 0; i < node.allOf.length; i++) if (!evaluate(node.allOf[i]!, value, trace, seen)) return false
  if (node.anyOf.length > 0 && !union(node.anyOf, value, trace, seen, seen ? Number.POSITIVE_INFINITY : 1))
    return fail(trace, 'must match a schema in anyOf')
  if (node.oneOf.length > 0 && union(node.oneOf, value, trace, seen, 2) !== 1)
    return fail(trace, 'must match exactly one schema in oneOf')
  if (node.not && evaluate(node.not, value, null, null)) return fail(trace, 'must NOT be valid')
  if (node.if && !conditional(node, node.if, value, trace, seen)) return false
  return dependents(node.dependencies, value, trace, seen) && dependents(node.dependentSchemas, value, trace, seen)
}

function conditional(
  node: SchemaNode,
  test: SchemaNode,
  value: unknown,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
) {
  const inner = seen && new EvaluatedMembers()
  const holds = evaluate(test, value, null, inner)
  if (holds) seen?.add(inner)
  const branch = holds ? node.then : node.else
  return (
    !branch || evaluate(branch, value, trace, seen) || fail(trace, `must match "${holds ? 'then' : 'else'}" schema`)
  )
}

function dependents(
  schemas: ReadonlyMap<string, SchemaNode>,
  value: unknown,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
): boolean {
  if (schemas.size === 0 || kindOf(value) !== KINDS.object) return true
  for (const key in value as object) {
    const schema = schemas.get(key)
    if (schema && has(value as object, key) && !evaluate(schema, value, trace, seen)) return false
  }
  return true
}

/**
 * Counts the branches that match, up to `enough`. If at least one matches, the errors of the others are not reported.
 */
function union(
  branches: readonly SchemaNode[],
  value: unknown,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
  enough: number,
): number {
  const before = trace ? trace.issues.length : 0
  let holding = 0
  for (let i = 0; i < branches.length && holding < enough; i++) {
    const inner = seen && new EvaluatedMembers()
    if (!evaluate(branches[i]!, value, trace, inner)) continue
    seen?.add(inner)
    holding++
  }
  if (trace && holding > 0) trace.issues.length = before
  return holding
}

function properties(
  node: SchemaNode,
  value: Record<string, unknown>,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
): boolean {
  if (!node.asksKeys) return true
  for (const key in value) if (value[key] !== undefined && !property(node, value, key, trace, seen)) return false
  if (!node.unevaluatedProperties || !seen) return true
  for (const key in value) {
    if (value[key] === undefined || seen.keys.has(key)) continue
    if (node.unevaluatedProperties.never) return fail(trace, 'must NOT have unevaluated properties')
    if (!evaluate(node.unevaluatedProperties, value[key], below(trace, key), null)) return false
    seen.keys.add(key)
  }
  return true
}

function property(
  node: SchemaNode,
  value: Record<string, unknown>,
  key: string,
  trace: Trace | null,
  seen: EvaluatedMembers | null,
): boolean {
  const { patternProperties, additionalProperties, propertyNames } = node
  const named = node.properties.get(key)
  let matched = named !== undefined
  if (named && !evaluate(named, value[key], below(trace, key), null)) return false
  for (let i = 0; i < patternProperties.length; i++) {
    if (!patternProperties[i]![0].test(key)) continue
    matched = true
    if (!evaluate(patternProperties[i]![1], value[key], below(trace, key), null)) return false
  }
  if (!matched && additionalProperties) {
    matched = true
    if (additionalProperties.never) return fail(trace, 'must NOT have additional properties')
    if (!evaluate(additionalProperties, value[key], below(trace, key), null)) return false
  }
  if (matched) seen?.keys.add(key)
  return !propertyNames || evaluate(propertyNames, key, trace, null) || fail(trace, 'property name must be valid')
}

function items(node: SchemaNode, value: unknown[], trace: Trace | null, seen: EvaluatedMembers | null): boolean {
  const { prefixItems, contains, unevaluatedItems } = node
  const first = Math.min(prefixItems.length, value.length)
  for (let i = 0; i < first; i++) if (!evaluate(prefixItems[i]!, value[i], below(trace, i), null)) return false
  if (node.items && value.length > first) {
    if (node.items.never) return fail(trace, `must NOT have more than ${first} items`)
    for (let i = first; i < value.length; i++) if (!evaluate(node.items, value[i], below(trace, i), null)) return false
  }
  if (seen) seen.items = Math.max(seen.items, node.items ? value.length : first)
  if (contains && !containing(node, contains, value, seen)) {
    const most = node.maxContains < Number.POSITIVE_INFINITY ? ` and no more than ${node.maxContains}` : ''
    return fail(trace, `must contain at least ${node.minContains}${most} valid item(s)`)
  }
  if (!unevaluatedItems || !seen) return true
  for (let i = seen.items; i < value.length; i++) {
    if (seen.some.has(i)) continue
    if (unevaluatedItems.never) return fail(trace, 'must NOT have unevaluated items')
    if (!evaluate(unevaluatedItems, value[i], below(trace, i), null)) return false
  }
  seen.items = value.length
  return true
}

function containing(node: SchemaNode, schema: SchemaNode, value: unknown[], seen: EvaluatedMembers | null): boolean {
  const { minContains, maxContains } = node
  const all = seen !== null || maxContains < Number.POSITIVE_INFINITY
  let count = 0
  for (let i = 0; i < value.length && (all || count < minContains); i++) {
    if (!evaluate(schema, value[i], null, null)) continue
    count++
    seen?.some.add(i)
  }
  return count >= minContains && count <= maxContains
}

const below = (trace: Trace | null, key: string | number): Trace | null =>
  trace && { issues: trace.issues, parent: trace, key: String(key) }

function fail(trace: Trace | null, message: string | null): false {
  if (!trace || trace.issues.length >= MAX_ISSUES) return false
  const path: string[] = []
  for (let at: Trace = trace; at.parent; at = at.parent) path.unshift(at.key.slice(0, MAX_NAME))
  trace.issues.push({ path, message: (message ?? '').slice(0, MAX_MESSAGE) })
  return false
}

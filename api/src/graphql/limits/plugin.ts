import {
  type ExecutionArgs,
  type ExecutionResult,
  type execute,
  type GraphQLError,
  getOperationAST,
  Kind,
  NoFragmentCyclesRule,
  type SelectionNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type Env, isIntrospectable } from '../../env.ts'
import type { Context } from '../context.ts'
import { keepJsonTexts } from '../json-variables.ts'
import { withLiteralPath } from '../literal-path.ts'
import { operationCost } from './cost.ts'
import { givenUp, withinTime } from './deadline.ts'
import { boundedParse, createDocumentCache, MAX_LINES, MAX_NAME } from './documents.ts'
import { type Limits, tooComplex } from './refusal.ts'
import { outOfShape } from './shape.ts'
import { wrongVariables } from './variables.ts'

/** Lists of __Type within each other that an introspection may have: as many as graphql-js lets pass. */
const MAX_INTROSPECTION = 2

/** Errors that are told of one document. */
const MAX_ERRORS = 10

export const limitsOf = (env: Env): Limits => ({
  tokens: env.QUERY_MAX_TOKENS,
  lines: MAX_LINES,
  name: MAX_NAME,
  depth: env.QUERY_MAX_DEPTH,
  fields: env.QUERY_MAX_FIELDS,
  breadth: env.QUERY_MAX_BREADTH,
  rootFields: env.QUERY_MAX_ROOT_FIELDS,
  aliases: env.QUERY_MAX_ALIASES,
  directives: env.QUERY_MAX_DIRECTIVES,
  introspection: MAX_INTROSPECTION,
  cost: env.QUERY_MAX_COST,
  liveCost: env.QUERY_MAX_LIVE_COST,
})

/**
 * Bounds what an operation may ask for, on whatever transport, before anything is read for it: first its tokens, while it is
 * parsed; then its shape, before validation, which compares fields pair by pair; then its cost, in which variables have a
 * say. Refused with QUERY_TOO_COMPLEX (refusal.ts). So is bounded what is said of one that is wrong: a document as of its
 * variables. One that runs is given up after OPERATION_TIMEOUT_MS: UNAVAILABLE.
 *
 * A document that is kept (`cache`, for Yoga's `parserAndValidationCache`) is parsed, measured and validated once.
 */
export function createLimits(env: Env) {
  const limits = limitsOf(env)
  const parse = boundedParse(limits.tokens)
  const { documentCache, errorCache, forget } = createDocumentCache()
  const suggest = isIntrospectable(env)

  const tooCostly = ({ schema, document, operationName, variableValues }: ExecutionArgs): GraphQLError | null => {
    const operation = getOperationAST(document, operationName)
    if (!operation) return null
    const cost = operationCost(schema, document, operation, variableValues ?? {})
    if (cost > limits.cost) return tooComplex('cost', cost, limits.cost)
    const isLive = operation.operation === 'subscription'
    return isLive && cost > limits.liveCost ? tooComplex('liveCost', cost, limits.liveCost) : null
  }
  /** Null when it may run. */
  const refusal = (args: ExecutionArgs): GraphQLError[] | null => {
    keepJsonTexts(args, (args.contextValue as Context).variablesSource)
    const costly = tooCostly(args)
    if (costly) return [costly]
    const wrong = wrongVariables(args, suggest)
    return wrong.length > 0 ? wrong : null
  }

  const plugin: Plugin = {
    onParse({ setParseFn }) {
      setParseFn(parse)
    },
    onValidate({ params: { documentAST }, validateFn, setValidationFn }) {
      // Not called for a document whose result is kept; what is answered here is kept with it.
      setValidationFn((schema, document, rules) => {
        const broken = outOfShape(document, limits)
        if (broken) return [tooComplex(broken.limit, broken.got, broken.max)]
        const options = { maxErrors: MAX_ERRORS }
        // Before the other rules, one of which goes round in circles until the stack is full.
        const cycles = validateFn(schema, document, [NoFragmentCyclesRule], options)
        if (cycles.length > 0) return cycles
        return validateFn(schema, document, rules, options).map((error: Error) => withLiteralPath(error, document))
      })
      return ({ valid }) => {
        if (!valid) forget(documentAST)
      }
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const errors = refusal(args)
      if (errors) setResultAndStopExecution({ errors })
      else args.variableValues = declared(args)
    },
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      const errors = refusal(args)
      if (errors) setResultAndStopExecution({ errors })
      else setExecuteFn((args) => executeInTime(executeFn, args, env.OPERATION_TIMEOUT_MS))
    },
  }
  return { plugins: [plugin], cache: { documentCache, errorCache } }
}

/** An operation that is given up reads nothing more through loaders, and of a mutation no further field begins. */
function executeInTime(run: typeof execute, args: ExecutionArgs, limitMs: number) {
  // A signal costs an operation as much again as running it: only those get one that go on by themselves.
  const stop = isSerial(args) ? new AbortController() : null
  const withSignal = stop ? { ...args, signal: stop.signal } : args
  const result = run(withSignal)
  if (!(result instanceof Promise)) return result
  return withinTime<ExecutionResult>(result, limitMs, () => {
    stop?.abort()
    return givenUp(args.contextValue, limitMs)
  })
}

/** The variables that an operation declares. A subscription holds on to its variables; others are not looked at by anybody. */
function declared({ document, operationName, variableValues }: ExecutionArgs): Record<string, unknown> {
  const names = getOperationAST(document, operationName)?.variableDefinitions ?? []
  return Object.fromEntries(
    names.flatMap(({ variable: { name } }) =>
      variableValues && Object.hasOwn(variableValues, name.value) ? [[name.value, variableValues[name.value]]] : [],
    ),
  )
}

function isSerial({ document, operationName }: ExecutionArgs): boolean {
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'mutation') return false
  // Clients with a cache ask for it beside whatever they ask for.
  const isWork = (selection: SelectionNode) => selection.kind !== Kind.FIELD || selection.name.value !== '__typename'
  return operation.selectionSet.selections.filter(isWork).length > 1
}

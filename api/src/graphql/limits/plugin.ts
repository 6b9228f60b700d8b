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

/** How deeply __Type lists may be nested in introspection; the same as in graphql-js. */
const MAX_INTROSPECTION = 2

/** Maximum number of reported errors per document. */
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
 * Limits operations on all transports before anything is read. The number of tokens is checked during parsing. The
 * shape is checked before validation, because validation compares fields in pairs. The cost is checked last, because it
 * depends on the variables. If a limit is exceeded, the error is QUERY_TOO_COMPLEX (refusal.ts). The size of error
 * messages about documents and variables is limited too. An operation that runs longer than OPERATION_TIMEOUT_MS fails
 * with UNAVAILABLE.
 *
 * A document in the cache (`cache` is for Yoga's `parserAndValidationCache`) is parsed, measured and validated only
 * once.
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
  /** Why an operation may not run; null if it may. */
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
      // Not called for a document whose result is cached. The result that is set here is cached together with the
      // document.
      setValidationFn((schema, document, rules) => {
        const broken = outOfShape(document, limits)
        if (broken) return [tooComplex(broken.limit, broken.got, broken.max)]
        const options = { maxErrors: MAX_ERRORS }
        // Must run before the other rules, because one of them does not terminate for a fragment cycle.
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

/**
 * Runs an operation with a time limit. After a timeout, loaders read nothing more, and no further field of a mutation
 * starts.
 */
function executeInTime(run: typeof execute, args: ExecutionArgs, limitMs: number) {
  // An abort signal doubles the cost of a small operation, so only mutations with several fields get one.
  const stop = isSerial(args) ? new AbortController() : null
  const withSignal = stop ? { ...args, signal: stop.signal } : args
  const result = run(withSignal)
  if (!(result instanceof Promise)) return result
  return withinTime<ExecutionResult>(result, limitMs, () => {
    stop?.abort()
    return givenUp(args.contextValue, limitMs)
  })
}

/**
 * The variables that an operation declares. Others are dropped, because a subscription keeps its variables in memory.
 */
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
  // Clients with a cache add __typename to every selection.
  const isWork = (selection: SelectionNode) => selection.kind !== Kind.FIELD || selection.name.value !== '__typename'
  return operation.selectionSet.selections.filter(isWork).length > 1
}

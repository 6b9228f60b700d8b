import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { stringifyJson } from '../../kit/json-text.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors.ts'
import { operationCost } from '../limits/cost.ts'
import { givenUp, withinTime } from '../limits/deadline.ts'
import { createLiveCosts } from '../limits/live-cost.ts'
import { SerializedResult } from '../serialized-result.ts'

type Results = AsyncIterableIterator<ExecutionResult>

/** What results that are kept for others may take together. */
const KEPT_BYTES = 16 * 1024 * 1024
const KEPT_RESULTS = 10_000

/**
 * Runs subscriptions. Those with the same document, variables and rights share the work: what one of them made of a payload
 * (the very object, as a feed or a hub hands it to all) the others send as it is. So a thousand dashboards cost one
 * execution and one serialisation, and each still goes at its own pace. What is kept is bounded; who comes too late for it
 * does the work again.
 *
 * Each result has OPERATION_TIMEOUT_MS, and what one socket or identity follows has a bound (limits/live-cost.ts).
 *
 * A field whose `extensions` say `distinct: true` sends a result only when it differs from the one before. An error of the source
 * is told as a last result, with its code.
 */
export function createLive({ log, env }: Pick<AppContext, 'log' | 'env'>): {
  subscribe(args: ExecutionArgs): Promise<Results | ExecutionResult>
} {
  const costs = createLiveCosts(env)
  const members = new Map<string, number>()
  const kept = new WeakMap<object, Map<string, Promise<SerializedResult>>>()
  /** What is kept, oldest first; it holds no payload. */
  const oldest = new Set<{ bytes: number; forget: () => void }>()
  let keptBytes = 0

  const run = async (args: ExecutionArgs, payload: unknown): Promise<SerializedResult> => {
    const context = args.contextValue as Context
    // A context of its own: loaders keep rows for as long as theirs lives.
    const own = { ...context }
    const result = execute({ ...args, rootValue: payload, contextValue: own })
    if (!(result instanceof Promise)) return render(result, context)
    const limitMs = env.OPERATION_TIMEOUT_MS
    return render(await withinTime(result, limitMs, () => givenUp(own, limitMs)), context)
  }

  const render = ({ data, errors }: ExecutionResult, { requestId }: Context) =>
    new SerializedResult(errors ? { data, errors: errors.map((error) => codedError(error, requestId, log)) } : { data })

  const share = (key: string, args: ExecutionArgs, payload: unknown): Promise<SerializedResult> => {
    if (members.get(key) === 1 || typeof payload !== 'object' || payload === null) return run(args, payload)
    let results = kept.get(payload)
    if (!results) {
      results = new Map()
      kept.set(payload, results)
    }
    const known = results.get(key)
    if (known) return known
    const result = run(args, payload)
    results.set(key, result)
    const forget = () => results.delete(key)
    result.then(({ json }) => keep(json.length, forget), forget)
    return result
  }

  const keep = (bytes: number, forget: () => void) => {
    oldest.add({ bytes, forget })
    keptBytes += bytes
    for (const entry of oldest) {
      if (keptBytes <= KEPT_BYTES && oldest.size <= KEPT_RESULTS) return
      oldest.delete(entry)
      keptBytes -= entry.bytes
      entry.forget()
    }
  }

  return {
    async subscribe(args) {
      const key = keyOf(args)
      let end: () => void
      try {
        end = costs.begin(args.contextValue as Context, key, costOf(args))
      } catch (error) {
        return { errors: [graphQLError(error)] }
      }
      const source = await createSourceEventStream(args).catch((error: unknown) => {
        end()
        throw error
      })
      if (!(Symbol.asyncIterator in source)) {
        end()
        return source
      }
      const events = source[Symbol.asyncIterator]()
      const distinct = isDistinct(args)
      members.set(key, (members.get(key) ?? 0) + 1)
      let left = false
      let before: string | undefined

      const leave = () => {
        if (left) return
        left = true
        end()
        const others = (members.get(key) ?? 1) - 1
        if (others > 0) members.set(key, others)
        else members.delete(key)
      }
      const results: Results = {
        async next() {
          try {
            while (!left) {
              const { done, value } = await events.next()
              if (done) break
              const result = await share(key, args, value)
              if (distinct && result.json === before) continue
              before = result.json
              return { done: false, value: result }
            }
          } catch (error) {
            if (!left) {
              leave()
              return { done: false, value: render({ errors: [graphQLError(error)] }, args.contextValue as Context) }
            }
          }
          leave()
          return { done: true, value: undefined }
        },
        async return() {
          leave()
          await events.return?.()
          return { done: true, value: undefined }
        },
        async throw(error) {
          leave()
          await events.return?.()
          throw error
        },
        [Symbol.asyncIterator]: () => results,
      }
      return results
    },
  }
}

/** Lets Yoga, and what else runs on its engine, subscribe by this. */
export const livePlugin = (core: Pick<AppContext, 'log' | 'env'>): Plugin<object, Context> => {
  const { subscribe } = createLive(core)
  return { onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe) }
}

function costOf({ schema, document, operationName, variableValues }: ExecutionArgs): number {
  const operation = getOperationAST(document, operationName)
  return operation ? operationCost(schema, document, operation, variableValues ?? {}) : 0
}

const documents = new WeakMap<DocumentNode, number>()
let lastDocument = 0

function keyOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
  let number = documents.get(document)
  if (number === undefined) {
    number = ++lastDocument
    documents.set(document, number)
  }
  return stringifyJson([
    number,
    operationName ?? null,
    variableValues ?? {},
    rightsOf((contextValue as Context).identity),
  ])
}

/** All that what one sees depends on: who one is does not. */
const rightsOf = ({ tenantId, roles }: Identity) => [tenantId, [...roles].sort()]

function isDistinct({ schema, document, operationName }: ExecutionArgs): boolean {
  const field = getOperationAST(document, operationName)?.selectionSet.selections[0]
  if (field?.kind !== 'Field') return false
  return schema.getSubscriptionType()?.getFields()[field.name.value]?.extensions.distinct === true
}

const graphQLError = (error: unknown) =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError(error instanceof Error ? error.message : String(error), {
        originalError: error instanceof Error ? error : new Error(String(error)),
      })

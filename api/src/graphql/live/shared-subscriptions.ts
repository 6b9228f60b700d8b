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
import { stringifyJson } from '../../kit/json/json-text.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors.ts'
import { operationCost } from '../limits/cost.ts'
import { givenUp, withinTime } from '../limits/deadline.ts'
import { createLiveCosts } from '../limits/live-cost.ts'
import { SerializedResult } from '../serialized-result.ts'

type Results = AsyncIterableIterator<ExecutionResult>

/** Maximum number of bytes of all cached results. */
const KEPT_BYTES = 16 * 1024 * 1024
const KEPT_RESULTS = 10_000

/**
 * Runs subscriptions. Subscriptions with the same document, variables and rights share work: the result for a payload
 * is computed by the first of them and reused by the others. So a thousand dashboards need only one execution and one
 * serialisation, and each still reads at its own pace. The size of the cache of results is limited; a reader that comes
 * too late computes the result again.
 *
 * Computing a result may take at most OPERATION_TIMEOUT_MS. The total cost of the subscriptions per socket and per
 * identity is limited (limits/live-cost.ts).
 *
 * If a field has `distinct: true` in its `extensions`, a result is sent only if it differs from the one before. If the
 * source fails, the error and its code are sent as the last result.
 */
export function createLive({ log, env }: Pick<AppContext, 'log' | 'env'>): {
  subscribe(args: ExecutionArgs): Promise<Results | ExecutionResult>
} {
  const costs = createLiveCosts(env)
  const members = new Map<string, number>()
  const kept = new WeakMap<object, Map<string, Promise<SerializedResult>>>()
  /** Cached results, oldest first. They do not keep the payload in memory. */
  const oldest = new Set<{ bytes: number; forget: () => void }>()
  let keptBytes = 0

  const run = async (args: ExecutionArgs, payload: unknown): Promise<SerializedResult> => {
    const context = args.contextValue as Context
    // Each payload gets its own context, because loaders cache rows as long as the context exists.
    const ownContext = { ...context }
    const result = execute({ ...args, rootValue: payload, contextValue: ownContext })
    if (!(result instanceof Promise)) return render(result, context)
    const limitMs = env.OPERATION_TIMEOUT_MS
    return render(await withinTime(result, limitMs, () => givenUp(ownContext, limitMs)), context)
  }

  const render = ({ data, errors }: ExecutionResult, context: Context) =>
    new SerializedResult(errors ? { data, errors: errors.map((error) => codedError(error, context, log)) } : { data })

  const share = (key: string, args: ExecutionArgs, payload: unknown): Promise<SerializedResult> => {
    if (members.get(key) === 1 || typeof payload !== 'object' || payload === null) return run(args, payload)
    let results = kept.get(payload)
    if (!results) {
      results = new Map()
      kept.set(payload, results)
    }
    const shared = results.get(key)
    if (shared) return shared
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

/** Makes Yoga, and everything else that uses its engine, run subscriptions here. */
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

/** Everything that decides which rows a subscription may see. Different identities with equal rights share results. */
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

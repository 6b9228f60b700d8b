import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Context } from '../graphql/context.ts'
import { AppError } from '../kit/errors.ts'
import { isAway } from '../db/transient-errors.ts'
import { appendEntry, type Entry, type Target } from './entry.ts'
import { recordedOf } from './record.ts'

/** How a mutation stands in the audit trail. Every mutation has to say it: without, neither types nor schema are made. */
export interface MutationAudit {
  /** Dotted, the thing before the verb: webhook.create. The verb's `audited` names the same. */
  action: string
  /** What sort of thing it acts on; its id is taken from the argument `id`, or `name`, where the verb has not come to say it. */
  target: string
  /** What it makes says itself who made it (an event's publishedBy): only denials are recorded. */
  isOwnRecord?: boolean
}

declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      audit: AuditPlugin<Types>
    }
    interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends import('@pothos/core').TypeParam<Types>,
      Nullable extends import('@pothos/core').FieldNullability<Type>,
      Args extends import('@pothos/core').InputFieldMap,
      ResolveReturnShape,
    > {
      audit: MutationAudit
    }
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>

/** What a field is called in the trail when it is refused. */
interface Act {
  action: string
  target: string | null
}

/**
 * Sees to it that no mutation and no denial goes unrecorded. It has to come before scope-auth in the builder's list of plugins:
 * the first is the outermost.
 *
 * A mutation that succeeds has recorded itself, in the transaction of its change (record.ts). One that fails is FAILED with
 * its code; a denial, of queries and subscriptions too, is DENIED (denials.ts). It also notes the first root field of an
 * operation, which is what requests are counted by.
 */
export class AuditPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(resolver: Resolver<Types>, field: PothosOutputFieldConfig<Types>): Resolver<Types> {
    if (field.kind !== 'Mutation') return this.refusing(resolver, field)
    const { audit } = field.pothosOptions
    if (!audit) throw new Error(`mutation ${field.name} does not say how it is audited (audit: { action, target })`)
    if (audit.isOwnRecord) return this.refusing(resolver, field, audit)
    return async (parent, args, given, info) => {
      const context = contextOf(given)
      noteField(context, field.name)
      const before = recordedOf(context)
      let result: unknown
      try {
        result = await resolver(parent, args, given, info)
      } catch (error) {
        // Of a change that was committed and whose answer then failed there is an entry already.
        if (recordedOf(context) === before) await recordFailure(context, audit, args, error)
        throw error
      }
      if (recordedOf(context) === before) await recordForgotten(context, audit, args)
      return result
    }
  }

  override wrapSubscribe(subscribe: Resolver<Types> | undefined, field: PothosOutputFieldConfig<Types>) {
    return subscribe && field.kind === 'Subscription' ? this.refusing(subscribe, field) : subscribe
  }

  private refusing(resolver: Resolver<Types>, field: PothosOutputFieldConfig<Types>, act?: Act): Resolver<Types> {
    const isRoot = field.kind === 'Query' || field.kind === 'Mutation' || field.kind === 'Subscription'
    const isGuarded = 'authScopes' in field.pothosOptions && field.pothosOptions.authScopes !== undefined
    if (!isRoot && !isGuarded) return resolver
    const what = act ?? {
      action: `${isRoot ? field.kind.toLowerCase() : field.parentType}.${field.name}`,
      target: null,
    }
    return (parent, args, given, info) => {
      const context = contextOf(given)
      if (isRoot) noteField(context, field.name)
      const refuse = async (error: unknown): Promise<never> => {
        if (isDenial(error)) await context.denials.note(context, { ...what, target: targetOf(what, args) }, error)
        throw error
      }
      try {
        const result: unknown = resolver(parent, args, given, info)
        return result instanceof Promise ? result.catch(refuse) : result
      } catch (error) {
        return refuse(error)
      }
    }
  }
}

SchemaBuilder.registerPlugin('audit', AuditPlugin)

/** A plugin is made for any schema, and this one serves ours. */
const contextOf = (given: object) => given as Context

const isDenial = (error: unknown): error is AppError => error instanceof AppError && error.code === 'FORBIDDEN'

function noteField({ noted }: Context, name: string): void {
  if (noted) noted.operation ??= name
}

function targetOf({ target }: Act, args: object): Target | null {
  if (target === null) return null
  const named = ['id', 'name']
    .map((argument): unknown => Reflect.get(args, argument))
    .find((id) => typeof id === 'string')
  return typeof named === 'string' ? { type: target, id: named } : null
}

async function recordFailure(context: Context, act: MutationAudit, args: object, error: unknown): Promise<void> {
  const target = targetOf(act, args)
  if (isDenial(error)) return context.denials.note(context, { ...act, target }, error)
  const away = isAway(error)
  const code = error instanceof AppError ? error.code : away ? 'UNAVAILABLE' : 'INTERNAL'
  const path = error instanceof AppError && error.extensions.path
  const recording = recordAlone(context, {
    action: act.action,
    target,
    outcome: 'FAILED',
    after: { code, ...(Array.isArray(path) && { path: path.join('.') }) },
  })
  // A server that is away may be the one that would take the entry: nobody waits for that.
  if (!away) await recording
}

/** It happened: better an entry that does not say what changed than none. The log says whose mistake it is. */
async function recordForgotten(context: Context, act: MutationAudit, args: object): Promise<void> {
  context.core.log.error({ action: act.action }, 'a mutation has not recorded itself in the transaction of its change')
  await recordAlone(context, { action: act.action, target: targetOf(act, args), outcome: 'ALLOWED', after: null })
}

async function recordAlone(context: Context, entry: Omit<Entry, 'before' | 'tenantId'>): Promise<void> {
  const { core, identity, requestId } = context
  try {
    await appendEntry(core.db.pool, context, { ...entry, tenantId: identity.tenantId, before: null })
  } catch (error) {
    const { kind, id, tenantId } = identity
    core.log.warn(
      { err: error, actor: { kind, id }, tenantId, ...entry, requestId },
      'an entry could not be written to the audit trail',
    )
  }
}

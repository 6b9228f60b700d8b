import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { AppError } from '../kit/errors.ts'
import type { AuditedAct, Context } from './context.ts'

/**
 * The audit entry of a mutation. Every mutation must declare it; otherwise neither the type check nor building the
 * schema succeeds.
 */
export interface MutationAudit {
  /**
   * The object and the verb, separated by a dot, such as webhook.create. The `audited` call of the change uses the same
   * name.
   */
  action: string
  /** The type of the object that the mutation changes. The id is taken from the argument `id`, `name` or `targetId`. */
  target: string
  /**
   * True if the created row itself stores its author (such as publishedBy of an event). Then only denials are recorded.
   */
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

interface NamedField {
  action: string
  targetType: string | null
}

/**
 * Makes sure that every mutation and every denial is in the audit trail. It must come before scope-auth in the
 * builder's list of plugins, because the first plugin is the outermost. A successful mutation adds its entry in the
 * transaction of its change (audit/record.ts). A failed mutation is recorded here as FAILED with its error code. A
 * denial of any operation is recorded here as DENIED. The plugin also notes the first root field of an operation, which
 * is used to count requests.
 */
export class AuditPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(resolver: Resolver<Types>, field: PothosOutputFieldConfig<Types>): Resolver<Types> {
    if (field.kind !== 'Mutation') return this.recordingDenials(resolver, field)
    const { audit } = field.pothosOptions
    if (!audit) throw new Error(`mutation ${field.name} does not declare its audit entry (audit: { action, target })`)
    const named = { action: audit.action, targetType: audit.target }
    if (audit.isOwnRecord) return this.recordingDenials(resolver, field, named)
    return async (parent, args, contextValue, info) => {
      const context = contextOf(contextValue)
      const { auditTrail } = context
      noteField(context, field.name)
      const entriesBefore = auditTrail.entryCount(context)
      let result: unknown
      try {
        result = await resolver(parent, args, contextValue, info)
      } catch (error) {
        // If a change was committed and its response failed afterwards, the entry of the change exists already.
        if (auditTrail.entryCount(context) === entriesBefore) {
          const act = actOf(named, args)
          if (isDenial(error)) await auditTrail.recordDenial(context, act, error)
          else await auditTrail.recordFailure(context, act, error)
        }
        throw error
      }
      if (auditTrail.entryCount(context) === entriesBefore) await auditTrail.recordMissing(context, actOf(named, args))
      return result
    }
  }

  override wrapSubscribe(subscribe: Resolver<Types> | undefined, field: PothosOutputFieldConfig<Types>) {
    return subscribe && field.kind === 'Subscription' ? this.recordingDenials(subscribe, field) : subscribe
  }

  private recordingDenials(
    resolver: Resolver<Types>,
    field: PothosOutputFieldConfig<Types>,
    mutation?: NamedField,
  ): Resolver<Types> {
    const isRoot = field.kind === 'Query' || field.kind === 'Mutation' || field.kind === 'Subscription'
    const isGuarded = 'authScopes' in field.pothosOptions && field.pothosOptions.authScopes !== undefined
    if (!isRoot && !isGuarded) return resolver
    const named = mutation ?? {
      action: `${isRoot ? field.kind.toLowerCase() : field.parentType}.${field.name}`,
      targetType: null,
    }
    return (parent, args, contextValue, info) => {
      const context = contextOf(contextValue)
      if (isRoot) noteField(context, field.name)
      const rethrow = async (error: unknown): Promise<never> => {
        if (isDenial(error)) await context.auditTrail.recordDenial(context, actOf(named, args), error)
        throw error
      }
      try {
        const result: unknown = resolver(parent, args, contextValue, info)
        return result instanceof Promise ? result.catch(rethrow) : result
      } catch (error) {
        return rethrow(error)
      }
    }
  }
}

SchemaBuilder.registerPlugin('audit', AuditPlugin)

/** Pothos has types for a plugin of any schema, but this plugin is only used for ours. */
const contextOf = (contextValue: object) => contextValue as Context

const isDenial = (error: unknown): error is AppError => error instanceof AppError && error.code === 'FORBIDDEN'

function noteField({ noted }: Context, name: string): void {
  if (noted) noted.operation ??= name
}

function actOf({ action, targetType }: NamedField, args: object): AuditedAct {
  if (targetType === null) return { action, target: null }
  const id = ['id', 'name', 'targetId']
    .map((argument): unknown => Reflect.get(args, argument))
    .find((value) => typeof value === 'string')
  return { action, target: typeof id === 'string' ? { type: targetType, id } : null }
}

import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { isConnection } from '../src/graphql/limits/cost.ts'

/** Generates selections from the schema, so that tests that walk over the schema include new fields automatically. */

export type AnyField = GraphQLField<unknown, unknown>

const isList = ({ type }: AnyField) => isListType(isNonNullType(type) ? type.ofType : type)
export const isObjects = ({ type }: AnyField): boolean => isCompositeType(getNamedType(type))
/** Whether a field is a list of objects, or a connection. */
export const isRows = (field: AnyField): boolean => isConnection(field) || (isList(field) && isObjects(field))

/**
 * Whether a type is a part of a connection. The parts do not count as a level, and only one of the two paths to the
 * rows is selected.
 */
const isPart = ({ name }: GraphQLNamedType) => /(Connection|Edge)$|^PageInfo$/.test(name)
export const isSecondWay = ({ name }: GraphQLNamedType, field: AnyField): boolean =>
  name.endsWith('Connection') && field.name === 'edges'

export interface Selections {
  /** A field with all its subfields, down to `levels` levels of objects; null if the field cannot be selected. */
  field(parent: GraphQLNamedType, field: AnyField, levels: number): string | null
}

/**
 * `argsOf` returns the arguments of a field as text of the document. If it returns nothing, the field gets no
 * arguments, or is left out if it requires some. `onObjects` is called for every selected object field, as Type.field.
 */
export function createSelections(
  schema: GraphQLSchema,
  argsOf: (place: string, parent: GraphQLNamedType, field: AnyField) => string | undefined,
  onObjects: (place: string) => void = () => {},
): Selections {
  /**
   * In an interface, aliases include the type name, because a field may have different types in its implementations.
   */
  const everything = (type: GraphQLNamedType, levels: number, alias = false): string => {
    if (isInterfaceType(type)) {
      const kinds = schema.getPossibleTypes(type)
      return `{ ${kinds.map((kind) => `... on ${kind.name} ${everything(kind, levels, true)}`).join(' ')} }`
    }
    const fields = isObjectType(type) ? Object.values(type.getFields()) : []
    const selected = fields.flatMap((under) => {
      const selection = isSecondWay(type, under) ? null : field(type, under, levels)
      return selection === null ? [] : [alias ? `${type.name}_${under.name}: ${selection}` : selection]
    })
    return `{ __typename ${selected.join(' ')} }`
  }

  const field: Selections['field'] = (parent, asked, levels) => {
    const place = `${parent.name}.${asked.name}`
    const args = argsOf(place, parent, asked)
    if (args === undefined && asked.args.some(isRequiredArgument)) return null
    const named = `${asked.name}${args ?? ''}`
    if (!isObjects(asked)) return named
    const left = levels - (isPart(parent) ? 0 : 1)
    if (left < 0) return null
    onObjects(place)
    return `${named} ${everything(getNamedType(asked.type), left)}`
  }
  return { field }
}

/** Settings whose limits allow such large operations. */
export const ROOM_FOR_SELECTIONS = {
  QUERY_MAX_TOKENS: '100000',
  QUERY_MAX_FIELDS: '10000',
  QUERY_MAX_COST: '10000000',
  QUERY_MAX_LIVE_COST: '10000000',
  WEBSOCKET_MAX_LIVE_COST: '100000000',
  IDENTITY_MAX_LIVE_COST: '100000000',
  QUERY_MAX_ALIASES: '1000',
  QUERY_MAX_BREADTH: '1000',
}

import {
  coerceInputValue,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'
import { AppError } from '../../kit/errors.ts'
import { describeValue, truncate } from '../../kit/truncate.ts'

/** Maximum number of problems that are reported for the variables. */
const MAX_ERRORS = 5
const MAX_NAME = 30
const MAX_PLACE = 60
const MAX_REASON = 100

/**
 * Validates the variables of an operation. Returns a few short errors; none if all variables are valid. graphql-js
 * finds the same problems, but the error of each field repeats the whole object: an input of 2 MB becomes 100 MB of
 * errors.
 */
export function wrongVariables(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  suggest: boolean,
): GraphQLError[] {
  const errors: GraphQLError[] = []
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, definition.type)
    // If the type is not an input type, the document is invalid, and validation refuses it.
    if (!isInputType(type)) continue
    const name = definition.variable.name.value
    const isGiven = variableValues != null && Object.hasOwn(variableValues, name)
    const value = isGiven ? variableValues[name] : undefined
    if (isGiven ? fits(value, type) : !isNonNullType(type) || definition.defaultValue) continue
    collect(definition, type, value, suggest, errors)
    if (errors.length >= MAX_ERRORS) break
  }
  return errors
}

/** Thrown to stop the traversal by graphql-js. */
const ENOUGH = new Error('enough')

function collect(
  definition: VariableDefinitionNode,
  type: GraphQLInputType,
  value: unknown,
  suggest: boolean,
  errors: GraphQLError[],
): void {
  const name = definition.variable.name.value
  const tell = (what: string, path: readonly (string | number)[] = []) => {
    const message = `Variable "$${truncate(name, MAX_NAME)}" ${what}`
    const cause = new AppError('BAD_USER_INPUT', message, { path: [name, ...path].map(String) })
    const http = { status: 400 }
    errors.push(new GraphQLError(cause.message, { nodes: definition, originalError: cause, extensions: { http } }))
    if (errors.length >= MAX_ERRORS) throw ENOUGH
  }
  const placeOf = (path: readonly (string | number)[]) => {
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    return place === '' ? '' : ` at "${truncate(`${name}${place}`, MAX_PLACE)}"`
  }
  const reportInvalid = (path: readonly (string | number)[], came: unknown, { message }: GraphQLError) => {
    tell(`got invalid value ${describeValue(came)}${placeOf(path)}; ${ends(message)}`, path)
  }
  try {
    if (value === undefined) tell(`of required type "${type}" was not provided.`)
    else if (value === null) tell(`of non-null type "${type}" must not be null.`)
    else {
      coerceInputValue(value, type, reportInvalid, !suggest)
      findLoneSurrogates(value, type, [], (path) =>
        tell(`has half a surrogate pair${placeOf(path)}; a string must be valid Unicode`, path),
      )
    }
  } catch (error) {
    if (error !== ENOUGH) throw error
  }
}

/**
 * The start and the end of a message. In messages of graphql-js the expected type is in one of them, and the received
 * value is in the middle.
 */
const ends = (message: string) =>
  message.length > MAX_REASON ? `${message.slice(0, MAX_REASON / 2)}…${message.slice(1 - MAX_REASON / 2)}` : message

/**
 * Whether graphql-js would accept a value. This takes only a fifth of the time, which matters because all operations
 * are checked and most of them are valid.
 */
function fits(value: unknown, type: GraphQLInputType): boolean {
  if (isNonNullType(type)) return value != null && fits(value, type.ofType)
  if (value == null) return true
  if (isListType(type))
    return Array.isArray(value) ? value.every((item) => fits(item, type.ofType)) : fits(value, type.ofType)
  if (isInputObjectType(type)) return typeof value === 'object' && !Array.isArray(value) && fieldsFit(value, type)
  if (hasLoneSurrogate(value, type)) return false
  try {
    return type.parseValue(value) !== undefined
  } catch {
    return false
  }
}

/**
 * Whether a string contains half of a surrogate pair. PostgreSQL would store U+FFFD for it, so that two different keys
 * could become equal. In JSON values such a half may occur as an escape sequence, because their text is stored
 * unchanged.
 */
const hasLoneSurrogate = (value: unknown, type: GraphQLInputType): boolean =>
  typeof value === 'string' && !value.isWellFormed() && !('name' in type && type.name === 'JSON')

function findLoneSurrogates(
  value: unknown,
  type: GraphQLInputType,
  path: readonly (string | number)[],
  tell: (path: readonly (string | number)[]) => void,
): void {
  if (isNonNullType(type)) findLoneSurrogates(value, type.ofType, path, tell)
  else if (isListType(type) && Array.isArray(value)) {
    for (const [i, item] of value.entries()) findLoneSurrogates(item, type.ofType, [...path, i], tell)
  } else if (isListType(type)) findLoneSurrogates(value, type.ofType, path, tell)
  else if (isInputObjectType(type) && typeof value === 'object' && value !== null) {
    for (const { name, type: fieldType } of Object.values(type.getFields()))
      if (Object.hasOwn(value, name)) findLoneSurrogates(Reflect.get(value, name), fieldType, [...path, name], tell)
  } else if (hasLoneSurrogate(value, type)) tell(path)
}

const requiredFields = new WeakMap<GraphQLInputObjectType, GraphQLInputField[]>()

function fieldsFit(value: object, type: GraphQLInputObjectType): boolean {
  if (type.isOneOf) return false
  const fields = type.getFields()
  let required = requiredFields.get(type)
  if (!required) {
    required = Object.values(fields).filter(isRequiredInputField)
    requiredFields.set(type, required)
  }
  const members = value as Readonly<Record<string, unknown>>
  for (const { name } of required) if (members[name] === undefined) return false
  for (const name in members) {
    const field = fields[name]
    if (!field || (members[name] !== undefined && !fits(members[name], field.type))) return false
  }
  return true
}

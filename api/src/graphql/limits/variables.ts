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

/** What is told of one operation's variables: who mends these hears of the next. */
const MAX_ERRORS = 5
const MAX_NAME = 30
const MAX_PLACE = 60
const MAX_REASON = 100

/**
 * What is wrong with the variables of an operation, a few of them and each in a few words; nothing when they are as it declares
 * them. Executors find the same, but put the whole of an object into the error of each of its fields: 2 MB become 100.
 */
export function wrongVariables(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  suggest: boolean,
): GraphQLError[] {
  const errors: GraphQLError[] = []
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, definition.type)
    // What is no input type is not valid in a document.
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

/** Thrown to end graphql-js' walk. */
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
  const found = (path: readonly (string | number)[], came: unknown, { message }: GraphQLError) => {
    tell(`got invalid value ${describeValue(came)}${placeOf(path)}; ${ends(message)}`, path)
  }
  try {
    if (value === undefined) tell(`of required type "${type}" was not provided.`)
    else if (value === null) tell(`of non-null type "${type}" must not be null.`)
    else {
      coerceInputValue(value, type, found, !suggest)
      findLoneSurrogates(value, type, [], (path) =>
        tell(`has half a surrogate pair${placeOf(path)}; a string is made of whole characters of Unicode`, path),
      )
    }
  } catch (error) {
    if (error !== ENOUGH) throw error
  }
}

/** What would do is at one end of what graphql-js says, and the value that came in the middle of it. */
const ends = (message: string) =>
  message.length > MAX_REASON ? `${message.slice(0, MAX_REASON / 2)}…${message.slice(1 - MAX_REASON / 2)}` : message

/** Whether graphql-js would take a value as it is: in a fifth of the time, as most are right and every operation is asked. */
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
 * PostgreSQL would store U+FFFD in place of any lone surrogate: two keys that differ would be the same one. JSON has escapes for
 * them, which are kept as text.
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
  const given = value as Readonly<Record<string, unknown>>
  for (const { name } of required) if (given[name] === undefined) return false
  for (const name in given) {
    const field = fields[name]
    if (!field || (given[name] !== undefined && !fits(given[name], field.type))) return false
  }
  return true
}

import {
  type ExecutionArgs,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql'
import { type TextSelection, withJsonTexts } from '../kit/json/json-scan.ts'

/** The JSON text that contains the variables of an operation, and the name of the member that holds them. */
export interface VariablesSource {
  text: string
  path: readonly string[]
}

const selections = new WeakMap<OperationDefinitionNode, TextSelection | null>()

/**
 * Replaces the values of variables with their exact text where the operation declares the JSON scalar. Other operations
 * do not change.
 */
export function keepJsonTexts(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  source: VariablesSource | undefined,
): void {
  if (!source || !variableValues) return
  const operation = getOperationAST(document, operationName)
  if (!operation?.variableDefinitions?.length) return
  let selection = selections.get(operation)
  if (selection === undefined) {
    selection = selectionOf(schema, operation)
    selections.set(operation, selection)
  }
  if (selection === null) return
  const within = (member: TextSelection, name: string): TextSelection => ({
    kind: 'object',
    fields: new Map([[name, member]]),
  })
  const root = source.path.reduceRight<unknown>((value, name) => ({ [name]: value }), variableValues)
  withJsonTexts(source.text, root, source.path.reduceRight(within, selection))
}

function selectionOf(schema: GraphQLSchema, operation: OperationDefinitionNode): TextSelection | null {
  const fields = new Map<string, TextSelection>()
  for (const { variable, type: typeNode } of operation.variableDefinitions ?? []) {
    const type = typeFromAST(schema, typeNode)
    if (isInputType(type) && holdsJson(type, new Set())) fields.set(variable.name.value, ofType(type, new Map()))
  }
  return fields.size > 0 ? { kind: 'object', fields } : null
}

/** Whether a type contains the JSON scalar. Input types can be recursive; `seen` prevents an endless loop. */
function holdsJson(type: GraphQLInputType, seen: Set<GraphQLInputType>): boolean {
  const named = getNamedType(type)
  if (!isInputObjectType(named)) return named.name === 'JSON'
  if (seen.has(named)) return false
  seen.add(named)
  return Object.values(named.getFields()).some((field) => holdsJson(field.type, seen))
}

function ofType(type: GraphQLInputType, byType: Map<GraphQLInputType, TextSelection>): TextSelection {
  if (isNonNullType(type)) return ofType(type.ofType, byType)
  if (isListType(type)) return { kind: 'list', element: ofType(type.ofType, byType) }
  if (!isInputObjectType(type)) return { kind: 'text' }
  const before = byType.get(type)
  if (before) return before
  const fields = new Map<string, TextSelection>()
  const selection: TextSelection = { kind: 'object', fields }
  byType.set(type, selection)
  for (const { name, type: fieldType } of Object.values(type.getFields()))
    if (holdsJson(fieldType, new Set())) fields.set(name, ofType(fieldType, byType))
  return selection
}

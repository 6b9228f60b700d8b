import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { JsonText, MAX_JSON_LEVELS, stringifyJson } from '../../kit/json/json-text.ts'

type Variables = Readonly<Record<string, unknown>> | null | undefined

/**
 * Thrown for a literal that cannot be expressed in JSON. The only node of the error is that literal (literal-path.ts).
 */
export class JsonLiteralError extends GraphQLError {}

const tooDeep = () => new GraphQLError(`is nested more than ${MAX_JSON_LEVELS} levels deep`)

/**
 * The JSON scalar. An input becomes a JsonText, with the original text of the caller if it is known
 * (json-variables.ts). An output may be a JsonText or any other value.
 */
export const jsonScalar = new GraphQLScalarType<JsonText, unknown>({
  name: 'JSON',
  specifiedByURL: 'http://www.ecma-international.org/publications/files/ECMA-ST/ECMA-404.pdf',
  serialize: (value) => value,
  parseValue(value) {
    const json = value instanceof JsonText ? value : JsonText.of(value)
    if (json.levels > MAX_JSON_LEVELS) throw tooDeep()
    return json
  },
  parseLiteral: (node, variables) => new JsonText(textOf(node, variables, 0)),
})

/**
 * The JSON text of a literal. Numbers are kept as written, fields in their order. During validation there are no
 * variables. A variable without a value removes its field, as in an input object; in a list it becomes null.
 */
function textOf(node: ValueNode, variables: Variables, level: number): string {
  if (level > MAX_JSON_LEVELS) throw tooDeep()
  switch (node.kind) {
    case Kind.STRING:
      return JSON.stringify(node.value)
    case Kind.INT:
    case Kind.FLOAT:
      // Numbers have the same syntax in GraphQL and JSON.
      return node.value
    case Kind.BOOLEAN:
      return String(node.value)
    case Kind.NULL:
      return 'null'
    case Kind.LIST:
      return `[${node.values.map((item) => textOf(item, variables, level + 1)).join(',')}]`
    case Kind.OBJECT: {
      const members = node.fields
        .filter(({ value }) => !isLeftOut(value, variables))
        .map(({ name, value }) => `${JSON.stringify(name.value)}:${textOf(value, variables, level + 1)}`)
      return `{${members.join(',')}}`
    }
    case Kind.VARIABLE: {
      const value = variables?.[node.name.value]
      return value === undefined ? 'null' : stringifyJson(value)
    }
    case Kind.ENUM:
      throw new JsonLiteralError(`is ${node.value}, which is not JSON; quote it to send a string: "${node.value}"`, {
        nodes: node,
      })
  }
}

const isLeftOut = (node: ValueNode, variables: Variables) =>
  node.kind === Kind.VARIABLE && variables?.[node.name.value] === undefined

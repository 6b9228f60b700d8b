import type { ExecutionResult } from 'graphql'
import { stringifyJson } from '../kit/json/json-text.ts'

/**
 * A subscription result with its JSON, serialised once for all connections that send it. For event streams, Yoga
 * takes the text from `stringify`. graphql-ws wraps each result in a message and serialises it with JSON.stringify:
 * there the result appears as 0, which `serializeResult` replaces with the text.
 */
export class SerializedResult implements ExecutionResult {
  readonly json: string
  readonly data: ExecutionResult['data']
  readonly errors: ExecutionResult['errors']

  /** `shown` is the value to serialise, if it is not the result itself. */
  constructor(result: ExecutionResult, shown: object = result) {
    this.data = result.data
    this.errors = result.errors
    this.json = stringifyJson(shown)
  }

  readonly stringify = (): string => this.json

  toJSON(): number {
    asked = this
    return 0
  }
}

let asked: SerializedResult | null = null

/**
 * Inserts the JSON of the last serialised result into a message text. Call it in the same turn in which
 * JSON.stringify produced the text, as graphql-ws calls a socket's `send`: `{"id":"1","type":"next","payload":0}`.
 */
export function serializeResult(text: string): string {
  if (asked === null) return text
  const { json } = asked
  asked = null
  return `${text.slice(0, -2)}${json}}`
}

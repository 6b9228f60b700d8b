import type { ExecutionResult } from 'graphql'
import { stringifyJson } from '../kit/json/json-text.ts'

/**
 * The result of a subscription and its JSON, which is serialised only once for all connections. For event streams, Yoga
 * gets the text from `stringify`. graphql-ws puts a result into a message and calls JSON.stringify; the result then
 * appears as 0, and `serializeResult` replaces the 0 by the text.
 */
export class SerializedResult implements ExecutionResult {
  readonly json: string
  readonly data: ExecutionResult['data']
  readonly errors: ExecutionResult['errors']

  /** `shown` is serialised instead of the result, if given. */
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
 * Inserts the JSON of the last serialised result into the text of a message, such as
 * `{"id":"1","type":"next","payload":0}`. Must be called in the same turn of the event loop as JSON.stringify. That is
 * the case when graphql-ws calls `send` of a socket.
 */
export function serializeResult(text: string): string {
  if (asked === null) return text
  const { json } = asked
  asked = null
  return `${text.slice(0, -2)}${json}}`
}

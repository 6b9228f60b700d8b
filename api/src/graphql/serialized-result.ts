import type { ExecutionResult } from 'graphql'
import { stringifyJson } from '../kit/json-text.ts'

/**
 * A result of a subscription with its JSON, made once for however many connections it goes out on. Yoga takes the text for
 * an event stream from `stringify`. graphql-ws puts a message around each result and has JSON.stringify make its text: there
 * a Rendered stands as 0, and `withRendered` puts the text in its place.
 */
export class SerializedResult implements ExecutionResult {
  readonly json: string
  readonly data: ExecutionResult['data']
  readonly errors: ExecutionResult['errors']

  /** `shown` is what its JSON says, where that is not the result itself. */
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
 * The text of a message, with the Rendered that was its payload. To be called in the turn in which JSON.stringify made the
 * text, which is how graphql-ws calls a socket's `send`: `{"id":"1","type":"next","payload":0}`.
 */
export function serializeResult(text: string): string {
  if (asked === null) return text
  const { json } = asked
  asked = null
  return `${text.slice(0, -2)}${json}}`
}

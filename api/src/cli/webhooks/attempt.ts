import type { CliTestWebhookMutation } from '../../../../codegen/gql-cli/graphql.ts'
import { milliseconds, plain } from '../output/text.ts'
import { EXIT, type ExitCode } from '../session/failure.ts'
import type { Session } from '../session/session.ts'

/** Shows the outcome of a request that the user has started. Returns exit code 1 if the request failed. */
export function showAttempt({ out }: Session, attempt: CliTestWebhookMutation['testWebhook']['attempt']): ExitCode {
  const { error, statusCode, durationMs, responseBody } = attempt
  out.result(attempt, () => {
    const outcome = error === null ? out.paint('arrived', 'green') : out.paint(plain(`failed: ${error}`), 'red')
    const status = statusCode === null ? '' : `HTTP ${statusCode}, `
    const body = responseBody ? `\n${plain(responseBody)}` : ''
    return `${outcome} (${status}${milliseconds(durationMs)})${body}`
  })
  return error === null ? EXIT.ok : EXIT.failure
}

import type { CliBulkReplayProgressSubscription } from '../../../../codegen/gql-cli/graphql.ts'
import { count } from '../output/text.ts'
import { EXIT, type ExitCode } from '../session/failure.ts'

export type BulkReplayState = CliBulkReplayProgressSubscription['bulkReplay']

export const summary = ({ id, status, total, replayed, skipped, delivered, failed }: BulkReplayState): string =>
  `${id} ${status}: ${count(replayed)} of ${count(total)} replayed, ${count(delivered)} delivered, ${count(failed)} failed, ${count(skipped)} skipped`

/**
 * The exit code for a bulk replay. 0: all replays arrived. 6: some did. 1: none did, or the bulk replay itself failed.
 */
export function exitCodeOf({ status, delivered, failed }: BulkReplayState): ExitCode {
  if (status === 'COMPLETED' && failed === 0) return EXIT.ok
  return delivered > 0 ? EXIT.partial : EXIT.failure
}

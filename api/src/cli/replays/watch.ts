import type { Command } from 'commander'
import { watchBulkReplay } from '../replay/watch.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

export function addReplaysWatch(parent: Command, io: Io): void {
  parent
    .command('watch')
    .description('follow a bulk replay to its end')
    .argument('<ID>', 'the bulk replay (blk_...)')
    .action(withSession(io, watchBulkReplay))
}

import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { setPaused } from './set-paused.ts'

export function addReplaysResume(parent: Command, io: Io): void {
  parent
    .command('resume')
    .description('resume paused bulk replays')
    .argument('<ID...>', 'bulk replays (blk_...)')
    .action(setPaused(io, false))
}

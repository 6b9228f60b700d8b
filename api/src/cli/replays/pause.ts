import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { setPaused } from './set-paused.ts'

export function addReplaysPause(parent: Command, io: Io): void {
  parent
    .command('pause')
    .description('pause bulk replays; deliveries that were replayed already are sent')
    .argument('<ID...>', 'bulk replays (blk_...)')
    .action(setPaused(io, true))
}

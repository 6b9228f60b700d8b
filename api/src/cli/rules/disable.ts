import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { setEnabled } from './set-enabled.ts'

export function addRulesDisable(parent: Command, io: Io): void {
  parent
    .command('disable')
    .description('stop evaluating rules; their open alerts are resolved')
    .argument('<ID...>', 'alert rules (rul_...)')
    .action(setEnabled(io, false))
}

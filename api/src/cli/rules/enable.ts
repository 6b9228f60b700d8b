import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { setEnabled } from './set-enabled.ts'

export function addRulesEnable(parent: Command, io: Io): void {
  parent
    .command('enable')
    .description('evaluate rules again')
    .argument('<ID...>', 'alert rules (rul_...)')
    .action(setEnabled(io, true))
}

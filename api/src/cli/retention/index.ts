import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addRetentionPrune } from './prune.ts'
import { addRetentionShow } from './show.ts'

export function addRetention(program: Command, io: Io): void {
  const group = program.command('retention').description('how long events, alerts and audit entries are kept')
  addRetentionShow(group, io)
  addRetentionPrune(group, io)
}

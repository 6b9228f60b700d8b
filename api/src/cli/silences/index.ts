import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addSilencesCreate } from './create.ts'
import { addSilencesExpire } from './expire.ts'
import { addSilencesList } from './list.ts'

export function addSilences(program: Command, io: Io): void {
  const group = program.command('silences').description('periods without notifications for matching alerts')
  addSilencesList(group, io)
  addSilencesCreate(group, io)
  addSilencesExpire(group, io)
}

import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addHealGet } from './get.ts'
import { addHealHistory } from './history.ts'
import { addHealMaintenance } from './maintenance.ts'
import { addHealNow } from './now.ts'
import { addHealRelease } from './release.ts'
import { addHealStatus } from './status.ts'

export function addHeal(program: Command, io: Io): void {
  const group = program.command('heal').description('containers that are restarted when they fail')
  addHealStatus(group, io)
  addHealNow(group, io)
  addHealMaintenance(group, io)
  addHealRelease(group, io)
  addHealHistory(group, io)
  addHealGet(group, io)
}

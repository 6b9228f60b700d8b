import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addLeadsExtract } from './extract.ts'
import { addLeadsList } from './list.ts'

export function addLeads(program: Command, io: Io): void {
  const group = program.command('leads').description('possible customers')
  addLeadsList(group, io)
  addLeadsExtract(group, io)
}

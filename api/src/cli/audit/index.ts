import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addAuditExport } from './export.ts'
import { addAuditList } from './list.ts'

export function addAudit(program: Command, io: Io): void {
  const group = program.command('audit').description('actions of users and denials')
  addAuditList(group, io)
  addAuditExport(group, io)
}

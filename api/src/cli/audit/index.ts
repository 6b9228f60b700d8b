import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addAuditExport } from './export.ts'
import { addAuditList } from './list.ts'

export function addAudit(program: Command, io: Io): void {
  const group = program.command('audit').description('audit trail: actions of users, and denied requests')
  addAuditList(group, io)
  addAuditExport(group, io)
}

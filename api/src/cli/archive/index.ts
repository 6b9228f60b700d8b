import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addArchiveList } from './list.ts'
import { addArchiveRestore } from './restore.ts'
import { addArchiveVerify } from './verify.ts'

export function addArchive(program: Command, io: Io): void {
  const group = program.command('archive').description('archived events')
  addArchiveList(group, io)
  addArchiveVerify(group, io)
  addArchiveRestore(group, io)
}

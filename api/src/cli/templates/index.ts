import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addTemplatesCreate } from './create.ts'
import { addTemplatesDelete } from './delete.ts'
import { addTemplatesList } from './list.ts'
import { addTemplatesMaterialize } from './materialize.ts'

export function addTemplates(program: Command, io: Io): void {
  const group = program.command('templates').description('prepared alert rules')
  addTemplatesList(group, io)
  addTemplatesMaterialize(group, io)
  addTemplatesCreate(group, io)
  addTemplatesDelete(group, io)
}

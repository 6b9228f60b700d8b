import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addEventsExport } from './export.ts'
import { addEventsGet } from './get.ts'
import { addEventsList } from './list.ts'
import { addEventsTail } from './tail.ts'

export function addEvents(program: Command, io: Io): void {
  const group = program.command('events').description('events of services')
  addEventsList(group, io)
  addEventsGet(group, io)
  addEventsTail(group, io)
  addEventsExport(group, io)
}

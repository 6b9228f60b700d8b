import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addDeliveriesCancel } from './cancel.ts'
import { addDeliveriesExplain } from './explain.ts'
import { addDeliveriesGet } from './get.ts'
import { addDeliveriesList } from './list.ts'

export function addDeliveries(program: Command, io: Io): void {
  const group = program.command('deliveries').description('deliveries of events to webhooks')
  addDeliveriesList(group, io)
  addDeliveriesGet(group, io)
  addDeliveriesCancel(group, io)
  addDeliveriesExplain(group, io)
}

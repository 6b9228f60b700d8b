import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addAlertsAck } from './ack.ts'
import { addAlertsGet } from './get.ts'
import { addAlertsList } from './list.ts'
import { addAlertsResolve } from './resolve.ts'
import { addAlertsSilence } from './silence.ts'

export function addAlerts(program: Command, io: Io): void {
  const group = program.command('alerts').description('alerts that rules have raised')
  addAlertsList(group, io)
  addAlertsGet(group, io)
  addAlertsAck(group, io)
  addAlertsResolve(group, io)
  addAlertsSilence(group, io)
}

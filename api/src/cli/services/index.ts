import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addServicesHeartbeat } from './heartbeat.ts'
import { addServicesList } from './list.ts'
import { addServicesReconcile } from './reconcile.ts'
import { addServicesRegister } from './register.ts'
import { addServicesUnregister } from './unregister.ts'

export function addServices(program: Command, io: Io): void {
  const group = program.command('services').description('registered services')
  addServicesList(group, io)
  addServicesRegister(group, io)
  addServicesHeartbeat(group, io)
  addServicesUnregister(group, io)
  addServicesReconcile(group, io)
}

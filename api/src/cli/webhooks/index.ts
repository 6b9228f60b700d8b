import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addWebhooksGet } from './get.ts'
import { addWebhooksList } from './list.ts'
import { addWebhooksPause } from './pause.ts'
import { addWebhooksProbe } from './probe.ts'
import { addWebhooksResume } from './resume.ts'
import { addWebhooksTest } from './test.ts'

export function addWebhooks(program: Command, io: Io): void {
  const group = program.command('webhooks').description('targets of deliveries')
  addWebhooksList(group, io)
  addWebhooksGet(group, io)
  addWebhooksTest(group, io)
  addWebhooksProbe(group, io)
  addWebhooksPause(group, io)
  addWebhooksResume(group, io)
}

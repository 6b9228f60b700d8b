import type { Command } from 'commander'
import type { Io } from '../session/io.ts'
import { addReplaysCancel } from './cancel.ts'
import { addReplaysGet } from './get.ts'
import { addReplaysList } from './list.ts'
import { addReplaysPause } from './pause.ts'
import { addReplaysResume } from './resume.ts'
import { addReplaysWatch } from './watch.ts'

export function addReplays(program: Command, io: Io): void {
  const group = program.command('replays').description('bulk replays, running and finished')
  addReplaysList(group, io)
  addReplaysGet(group, io)
  addReplaysWatch(group, io)
  addReplaysPause(group, io)
  addReplaysResume(group, io)
  addReplaysCancel(group, io)
}

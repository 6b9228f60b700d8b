import { createInterface } from 'node:readline/promises'
import { Presets, SingleBar } from 'cli-progress'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import { cancelBulkReplay } from '../replays/cancel.ts'
import { EXIT, type ExitCode, notFound } from '../session/failure.ts'
import type { Session } from '../session/session.ts'
import { subscribe } from '../session/subscribe.ts'
import { type BulkReplayState, exitCodeOf, summary } from './state.ts'

const Progress = graphql(`
  subscription CliBulkReplayProgress($id: ID!) {
    bulkReplay(id: $id) {
      id status paused total replayed skipped delivered failed reason createdAt finishedAt
    }
  }
`)

/**
 * Follows a bulk replay to its end. Broken connections do no harm, because every connection begins with the present
 * state. Shows a progress bar on a terminal. With --json, writes each state as a line. On a terminal, Ctrl-C prompts
 * whether to cancel the replay; otherwise it shows how to cancel.
 */
export async function watchBulkReplay(session: Session, id: string): Promise<ExitCode> {
  const { api, out, io } = session
  const bar = createBar(session)
  const interrupted = io.interruptible()
  let state: BulkReplayState | undefined
  const states = subscribe(api, {
    document: Progress,
    variables: () => ({ id }),
    signal: interrupted,
    onBreak: (reason) => out.note(`${reason}; reconnecting`),
    isOver: () => state !== undefined && state.status !== 'RUNNING',
  })
  try {
    for await (const { bulkReplay } of states) {
      state = bulkReplay
      bar?.show(bulkReplay)
      if (out.isJson) await out.item(bulkReplay, () => '')
    }
  } finally {
    bar?.stop()
  }
  if (interrupted.aborted) {
    await offerCancel(session, id)
    return EXIT.interrupted
  }
  if (!state) throw notFound('bulk replay', id)
  const end = state
  if (!out.isJson) await out.item(end, () => summary(end))
  return exitCodeOf(end)
}

function createBar({ io, out }: Session) {
  if (out.isJson || io.stderr.isTTY !== true) return null
  const format =
    '{bar} {percentage} % | {done}/{total} | {delivered} delivered, {failed} failed, {skipped} skipped{paused}'
  const bar = new SingleBar(
    { format, stream: io.stderr as NodeJS.WriteStream, hideCursor: true },
    Presets.shades_classic,
  )
  let isStarted = false
  return {
    show({ total, replayed, skipped, delivered, failed, paused }: BulkReplayState) {
      const done = Math.min(total, delivered + failed + skipped)
      const shown = { done, replayed, skipped, delivered, failed, paused: paused ? ' | paused' : '' }
      if (!isStarted) bar.start(total, done, shown)
      isStarted = true
      bar.setTotal(total)
      bar.update(done, shown)
    },
    stop: () => isStarted && bar.stop(),
  }
}

async function offerCancel(session: Session, id: string): Promise<void> {
  const { io, out } = session
  const later = `${id} continues; stop it with aetherlink replays cancel ${id}`
  if (out.isJson || io.stdin.isTTY !== true || io.stderr.isTTY !== true) return out.note(later)
  const terminal = createInterface({ input: io.stdin, output: io.stderr })
  // A second Ctrl-C counts as "no".
  const answer = await Promise.race([
    terminal.question(`Cancel ${id} too? Deliveries that were sent are not undone. [y/N] `),
    new Promise<string>((resolve) => terminal.once('SIGINT', () => resolve(''))),
  ])
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) return out.note(later)
  out.note(plain(summary(await cancelBulkReplay(session, id))))
}

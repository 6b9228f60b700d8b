import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { type BulkReplayRow, bulkReplaysById, isFinished } from './rows.ts'

/** Progress is read at least this often, so a lost pub/sub message delays it by no more. */
const LOOK_EVERY_MS = 1_000
const LEAST_INTERVAL_MS = 250

/**
 * Streams a bulk replay: first its current state, then every change of its progress (at most four times a second). The
 * stream ends when the bulk replay is finished. Throws NOT_FOUND for a bulk replay of another tenant.
 */
export async function followBulkReplay(
  core: AppContext,
  identity: Identity,
  id: string,
): Promise<AsyncGenerator<BulkReplayRow, void, undefined>> {
  const first = await read(core, identity, id)
  return follow(core, identity, first)
}

async function* follow(
  core: AppContext,
  identity: Identity,
  first: BulkReplayRow,
): AsyncGenerator<BulkReplayRow, void, undefined> {
  const bell = listen(core, first.id)
  try {
    let lastText = ''
    for (let row = first; ; row = await read(core, identity, first.id)) {
      const text = JSON.stringify(row)
      if (text !== lastText) {
        lastText = text
        yield row
        if (isFinished(row)) return
        await new Promise((resolve) => setTimeout(resolve, LEAST_INTERVAL_MS))
      }
      await bell.rung()
    }
  } finally {
    bell.stop()
  }
}

/** `rung` resolves when progress has been announced since the last call, or after LOOK_EVERY_MS. */
function listen(core: AppContext, id: string) {
  let isRung = false
  let wake: (() => void) | null = null
  const stop = core.pubsub.subscribe(CHANNELS.bulkReplays, (changed) => {
    if (changed !== null && changed !== id) return
    isRung = true
    wake?.()
  })
  return {
    stop,
    async rung() {
      if (!isRung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_EVERY_MS)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      wake = null
      isRung = false
    },
  }
}

async function read(core: AppContext, { tenantId }: Identity, id: string): Promise<BulkReplayRow> {
  const [row] = await bulkReplaysById(core.db.query, tenantId, [id])
  if (!row) throw notFound('bulk replay', publicId('blk', id))
  return row
}

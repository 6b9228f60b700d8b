import type { Command } from 'commander'
import type { BulkReplayInput, DeliveryFilter } from '../../../../codegen/gql-cli/graphql.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { deliveryFlags } from '../flags/filters.ts'
import { fraction, text, whole } from '../flags/parsers.ts'
import { readInput } from '../publish/input.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { replayMany } from './replay-many.ts'
import { replayOne } from './replay-one.ts'

type BulkOptions = Omit<BulkReplayInput, 'deliveryIds' | 'filter'>

interface ReplayOptions extends BulkOptions {
  watch?: boolean
}

export function addReplay(program: Command, io: Io): void {
  const command = program
    .command('replay')
    .description('replay deliveries: one, several, or all that match a filter')
    .argument('[ID...]', 'deliveries (dlv_...); - reads ids from standard input, one on each line')
    .option('--dry-run', 'replay nothing; count the deliveries and show a sample')
    .option('--watch', 'show the progress until the end')
    .option('--force', 'also deliveries that are delivered or recovered, and those with a replay in progress')
    .option('--rate-per-second <NUMBER>', 'maximum number of replays per second', whole(1))
    .option('--canary', 'replay one delivery of each webhook first; if it fails, skip the others of that webhook')
    .option('--skip-unhealthy', 'skip webhooks that are down')
    .option('--min-likelihood <NUMBER>', 'skip deliveries with a lower forecast, 0 to 1', fraction)
    .option('--stop-after-failures <NUMBER>', 'consecutive failures that stop a webhook; 0: never', whole(0))
    .option('--reason <TEXT>', 'the reason, stored with the replay and in the audit trail', text)
    .option('--idempotency-key <KEY>', 'a repetition with the same key returns the first replay', text)
  addFilter<DeliveryFilter>(command, deliveryFlags).action(
    withSession(io, async (session, args: string[], options: ReplayOptions) => {
      const filter = filterFrom(deliveryFlags, { ...options })
      const deliveryIds = await idsOf(io, args)
      if (deliveryIds.length > 0 && filter) throw usage('give either ids or filter options, not both', 'ID')
      if (deliveryIds.length === 0 && !filter)
        throw usage('give ids, or at least one filter option such as --statuses DEAD_LETTER', 'ID')
      const { watch = false, force } = options
      const bulk = bulkOptionsOf(options)
      const [only] = deliveryIds
      if (deliveryIds.length === 1 && only !== undefined && Object.keys(bulk).length === 0)
        return replayOne(session, only, { force: force ?? false, watch })
      const input = { ...bulk, ...(force && { force }), ...(filter ? { filter } : { deliveryIds }) }
      return replayMany(session, input, watch)
    }),
  )
}

async function idsOf(io: Io, args: readonly string[]): Promise<string[]> {
  if (!args.includes('-')) return [...args]
  const lines = (await readInput(io, '-', 'ID')).split('\n').map((line) => line.trim())
  const ids = lines.filter((line) => line !== '')
  if (ids.length === 0) throw usage('standard input has no ids', 'ID')
  return [...args.filter((id) => id !== '-'), ...ids]
}

/** The options that only a bulk replay has. If one is given, even a single delivery is replayed by a bulk replay. */
function bulkOptionsOf(options: ReplayOptions): BulkOptions {
  const { dryRun, ratePerSecond, canary, skipUnhealthy, minLikelihood, stopAfterFailures, reason, idempotencyKey } =
    options
  const all = { dryRun, ratePerSecond, canary, skipUnhealthy, minLikelihood, stopAfterFailures, reason, idempotencyKey }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

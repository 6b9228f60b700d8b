import type { BulkReplayInput, CliBulkReplayMutation } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { count, plain } from '../output/text.ts'
import { EXIT, type ExitCode } from '../session/failure.ts'
import type { Session } from '../session/session.ts'
import { watchBulkReplay } from './watch.ts'

const BulkReplay = graphql(`
  mutation CliBulkReplay($input: BulkReplayInput!) {
    bulkReplayDeliveries(input: $input) {
      bulkReplay { id status total replayed skipped delivered failed reason createdAt }
      preview {
        total likely
        byWebhook { count likely reachable warning webhook { id name } }
        skipped { reason count }
        sample { id status eventType lastError webhook { id name } }
      }
    }
  }
`)

type Payload = CliBulkReplayMutation['bulkReplayDeliveries']

/** Starts a bulk replay, or previews it. With `watch`, waits for its end and returns the exit code for the result. */
export async function replayMany(session: Session, input: BulkReplayInput, watch: boolean): Promise<ExitCode> {
  const { api, out } = session
  const payload = (await api.run(BulkReplay, { input })).bulkReplayDeliveries
  const { id } = payload.bulkReplay
  if (watch && !input.dryRun) {
    out.note(preview(session, payload))
    return watchBulkReplay(session, id)
  }
  out.result(payload, () =>
    input.dryRun
      ? preview(session, payload)
      : `${preview(session, payload)}\n\n${id} started; aetherlink replays watch ${id} shows it, replays cancel ends it`,
  )
  return EXIT.ok
}

function preview({ out }: Session, { preview: plan }: Payload): string {
  const webhooks = out.table(
    [
      { title: 'webhook', value: ({ webhook }) => webhook.name, flexible: true },
      { title: 'deliveries', value: (row) => count(row.count), align: 'right' },
      { title: 'likely', value: ({ likely }) => count(likely), align: 'right' },
      {
        title: 'now',
        value: ({ reachable }) => (reachable ? 'up' : 'down'),
        style: ({ reachable }) => (reachable ? 'green' : 'red'),
      },
      { title: 'warning', value: ({ warning }) => warning, flexible: true },
    ],
    plan.byWebhook,
    'nothing to replay',
  )
  const skipped = plan.skipped.map(({ reason, count: number }) => `${count(number)} ${reason}`).join(', ')
  const total = `${count(plan.total)} deliveries, ${count(plan.likely)} likely to arrive`
  return `${webhooks}\n\n${total}${skipped ? plain(`; skipped: ${skipped}`) : ''}`
}

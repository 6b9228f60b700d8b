import type { CliReplayMutation } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import { EXIT, type ExitCode } from '../session/failure.ts'
import { nodeAs } from '../session/node.ts'
import type { Session } from '../session/session.ts'
import { subscribe } from '../session/subscribe.ts'

const Replay = graphql(`
  mutation CliReplay($id: ID!, $force: Boolean!) {
    replayDelivery(id: $id, force: $force) {
      delivery { id status attemptCount maxAttempts nextAttemptAt lastError webhook { id name } replayOf { id } }
    }
  }
`)

const ReplayState = graphql(`
  query CliReplayState($id: ID!) {
    node(id: $id) {
      ... on Delivery {
        __typename
        id status attemptCount maxAttempts nextAttemptAt lastError webhook { id name } replayOf { id }
      }
    }
  }
`)

const ReplayChanges = graphql(`
  subscription CliReplayChanges($id: String!) {
    deliveries(filter: { search: $id }) { id status }
  }
`)

/** How often the state is read. This is needed because changes during a broken connection are not sent later. */
const REREAD_MS = 5_000

type Delivery = CliReplayMutation['replayDelivery']['delivery']

/**
 * Replays one delivery. With `watch`, waits for the result and returns 0 if the replay arrived, 1 if it died or was
 * cancelled.
 */
export async function replayOne(
  session: Session,
  id: string,
  { force, watch }: { force: boolean; watch: boolean },
): Promise<ExitCode> {
  const { api, out, io } = session
  const { delivery } = (await api.run(Replay, { id, force })).replayDelivery
  if (!watch) {
    out.result(delivery, () => plain(`${delivery.id} replays ${id} to ${delivery.webhook.name}`))
    return EXIT.ok
  }
  out.note(`${delivery.id} replays ${id} to ${delivery.webhook.name}`)
  const interrupted = io.interruptible()
  const end = await finalState(session, delivery, interrupted)
  out.result(end, () => plain(`${end.id} ${end.status}${end.lastError ? `: ${end.lastError}` : ''}`))
  if (interrupted.aborted) return EXIT.interrupted
  return end.status === 'DELIVERED' ? EXIT.ok : EXIT.failure
}

/** Follows a delivery until its state is final or the user presses Ctrl-C. */
async function finalState({ api }: Session, delivery: Delivery, interrupted: AbortSignal): Promise<Delivery> {
  let state = delivery
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, interrupted])
  const read = async () => {
    const { node: result } = await api.run(ReplayState, { id: delivery.id })
    const node = nodeAs(result, 'Delivery', 'delivery', delivery.id)
    state = node
    if (!['PENDING', 'FAILED'].includes(state.status)) over.abort()
  }
  // Errors are ignored here: the subscription reports a server that is unavailable.
  const reread = () => void read().catch(() => {})
  const timer = setInterval(reread, REREAD_MS)
  try {
    const changes = subscribe(api, {
      document: ReplayChanges,
      variables: () => ({ id: delivery.id }),
      signal,
      onOpen: reread,
    })
    for await (const _change of changes) await read()
  } finally {
    clearInterval(timer)
  }
  return state
}

'use client'

import type { ApolloClient } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import Link from 'next/link'
import { useCallback } from 'react'
import { showToast } from '@/lib/actions/toasts.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { type DeliveryRowFragment, readFragment } from '@/lib/graphql.ts'
import { shortId } from '@/ui/values/ShortId.tsx'
import { ReplayDelivery, WatchReplay } from './actions.ts'
import { DeliveryRow } from './documents.ts'
import { HOLD_ADVICE, isFinal, stateOf } from './state.ts'

const POLL_MS = 1_000
/** How long to wait for the outcome of a replay. After that, the replay is reported as held or queued. */
const PATIENCE_MS = 60_000

/** Replays a delivery and reports the outcome. */
export function useReplay() {
  const client = useApolloClient()
  const { run, busy } = useAction(ReplayDelivery, {
    failed: 'Not replayed',
    conflict: ({ detail }, { id }) => ({
      question: { title: 'Replay anyway?', body: inWords(detail), confirm: 'Replay anyway', cancel: 'Leave it' },
      variables: { id, force: true },
    }),
  })
  const replay = useCallback(
    async (id: string): Promise<boolean> => {
      const data = await run({ id, force: false })
      if (!data) return false
      const replayId = data.replayDelivery.delivery.id
      say(replayId, id, null)
      void watch(client, replayId, id)
      return true
    },
    [client, run],
  )
  return { replay, busy }
}

/** Rewrites an API message for the console, where a button replaces the API's `force` argument. */
const inWords = (reason: string): string => {
  const text = reason.replace(/[;.,]? *(?:with )?force: true (.+)$/, '. Replaying anyway $1.')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Polls a replay until it has ended. Apollo's cache updates the replay's row in the lists. */
async function watch(client: ApolloClient, replayId: string, originalId: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  let last: DeliveryRowFragment | null = null
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    const answer = await client
      .query({ query: WatchReplay, variables: { id: replayId }, fetchPolicy: 'network-only' })
      .catch(() => null)
    const node = answer?.data?.node
    if (node?.__typename === 'Delivery') last = readFragment(DeliveryRow, node)
    if (last && (isFinal(last.status) || last.attemptCount > 0)) break
  }
  say(replayId, originalId, last)
}

/** Shows one toast per replay. It reports the start of the replay first, and then its outcome. */
function say(replayId: string, originalId: string, replay: DeliveryRowFragment | null): void {
  const names = (
    <>
      {/* Links within the console, so that the data already loaded is kept. */}
      <Link href={`/deliveries?window=all&open=${replayId}`}>{shortId(replayId)}</Link> replays{' '}
      <Link href={`/deliveries?window=all&open=${originalId}`}>{shortId(originalId)}</Link>.
    </>
  )
  if (!replay) {
    showToast({ id: replayId, tone: 'info', title: 'Replay started.', detail: names, busy: true })
    return
  }
  const { tone, title } = endOf(replay)
  const reason = replay.lastError ?? (replay.holdReason ? HOLD_ADVICE[replay.holdReason] : null)
  const detail = (
    <>
      {names} {tone !== 'good' && reason}
    </>
  )
  showToast({ id: replayId, tone, title, detail })
}

function endOf(replay: DeliveryRowFragment): { tone: 'good' | 'bad' | 'warn'; title: string } {
  switch (stateOf(replay)) {
    case 'arrived':
      return { tone: 'good', title: 'Replay arrived.' }
    case 'dead':
      return { tone: 'bad', title: 'Replay failed: dead letter.' }
    case 'cancelled':
      return { tone: 'warn', title: 'Replay cancelled.' }
    case 'retrying':
      return { tone: 'warn', title: 'Replay failed; it will be retried.' }
    default:
      return { tone: 'warn', title: 'Replay still waits.' }
  }
}

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useEffect, useEffectEvent, useState } from 'react'
import { follow } from '../live/follow.ts'
import { useAfterConnection } from '../live/use-after-connection.ts'
import { useLiveSocket } from '../live/use-connection.tsx'
import { isLasting, type Problem } from '../request-error.ts'

/** Minimum time between two signalled reloads. */
export const SIGNAL_MS = 1_000

/** A subscription that signals changes. */
export interface ChangeSignal<Variables extends OperationVariables = OperationVariables> {
  /** Its messages only signal a change. Their content is ignored. */
  document: TypedDocumentNode<unknown, Variables>
  variables: Variables
}

/**
 * Keeps the subscriptions running through disconnects. Calls `onChange` `delayMs()` after a signal; further signals
 * until then are ignored. Returns the problem if one of the subscriptions has ended for good.
 */
export function useChangeSignals<Variables extends OperationVariables>(
  signals: readonly ChangeSignal<Variables>[],
  onChange: () => void,
  delayMs: () => number,
): Problem | null {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const [problem, setProblem] = useState<Problem | null>(null)
  const onSignal = useEffectEvent(onChange)
  const delay = useEffectEvent(delayMs)
  const current = useEffectEvent(() => signals)
  const key = signals.length > 0 ? JSON.stringify(signals.map(({ variables }) => variables)) : null
  useEffect(() => {
    if (!socket || key === null) return
    setProblem(null)
    let timer: ReturnType<typeof setTimeout> | undefined
    const schedule = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        onSignal()
      }, delay())
    }
    const stops = current().map(({ document, variables }) =>
      follow({
        client,
        socket,
        subscription: document,
        variables: () => variables,
        onData: schedule,
        onProblem(ended) {
          if (!isLasting(ended)) return true
          setProblem(ended)
          return false
        },
      }),
    )
    return () => {
      for (const stop of stops) stop()
      clearTimeout(timer)
    }
  }, [client, socket, key])
  useAfterConnection(() => {
    onChange()
    socket?.caughtUp({ kind: 'reloaded' })
  }, key)
  return problem
}

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { type RefObject, useEffect, useEffectEvent, useState } from 'react'
import { follow } from '../live/follow.ts'
import { useIsConnected, useLiveSocket } from '../live/use-connection.tsx'
import { isLasting, type Problem } from '../request-error.ts'

/** Minimum time between two signalled reloads. */
const SIGNAL_MS = 1_000
/** After a reload, the next one waits at least this multiple of the time that the reload took. */
const REST = 3

/** A subscription that signals changes. */
export interface ChangeSignal {
  /** Its messages only signal a change. Their content is ignored. */
  document: TypedDocumentNode<unknown, OperationVariables>
  variables: OperationVariables
}

/**
 * Keeps the subscription running through disconnects, and calls `onChange` at a limited rate. Returns the problem if
 * the subscription has ended for good.
 */
export function useChangeSignal(
  signal: ChangeSignal | null,
  onChange: () => void,
  reloading: RefObject<{ at: number; took: number }>,
): Problem | null {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const connected = useIsConnected()
  const [problem, setProblem] = useState<Problem | null>(null)
  const onSignal = useEffectEvent(onChange)
  const key = signal && JSON.stringify(signal.variables)
  const current = useEffectEvent(() => signal)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` changes only if the variables do
  useEffect(() => {
    const followed = current()
    if (!socket || !followed) return
    setProblem(null)
    let timer: ReturnType<typeof setTimeout> | undefined
    const schedule = () => {
      const { at, took } = reloading.current
      timer ??= setTimeout(
        () => {
          timer = undefined
          onSignal()
        },
        Math.max(0, at + Math.max(SIGNAL_MS, REST * took) - Date.now()),
      )
    }
    const stop = follow({
      client,
      socket,
      subscription: followed.document,
      variables: () => followed.variables,
      onData: schedule,
      onProblem(ended) {
        if (!isLasting(ended)) return true
        setProblem(ended)
        return false
      },
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [client, socket, key, reloading])
  useEffect(() => {
    if (!connected || key === null) return
    // The API does not signal that a subscription has started. So the list is compared shortly after the connection,
    // which finds the changes that happened before.
    const timer = setTimeout(() => {
      onSignal()
      socket?.caughtUp({ kind: 'reloaded' })
    }, 500)
    return () => clearTimeout(timer)
  }, [connected, key, socket])
  return problem
}

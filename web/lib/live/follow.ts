import type { ApolloClient, OperationVariables, TypedDocumentNode } from '@apollo/client'
import { type Problem, problemOf } from '../request-error.ts'
import { retryDelay } from './connection.ts'
import type { LiveSocket } from './socket.ts'

interface Following<Data, Variables extends OperationVariables> {
  client: ApolloClient
  socket: LiveSocket
  subscription: TypedDocumentNode<Data, Variables>
  /** Read each time it subscribes, so that it can go on from where it was. */
  variables: () => Variables
  onData: (data: Data) => void
  /** Nothing comes any more; it goes on by itself. */
  onCut?: () => void
  /** The API ended it. Returns whether to subscribe again. */
  onProblem: (problem: Problem) => boolean
}

/** Follows a subscription through everything that may end it. Returns what ends it for good. */
export function follow<Data, Variables extends OperationVariables>({
  client,
  socket,
  subscription,
  variables,
  onData,
  onCut,
  onProblem,
}: Following<Data, Variables>): () => void {
  let current: { unsubscribe: () => void } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const rest = () => {
    clearTimeout(timer)
    current?.unsubscribe()
    current = undefined
  }
  const ended = (again: boolean) => {
    rest()
    if (again) timer = setTimeout(start, retryDelay(failures++, Math.random()))
  }
  const start = () => {
    rest()
    current = client
      .subscribe<Data, Variables>({ query: subscription, variables: variables(), fetchPolicy: 'no-cache' })
      .subscribe({
        next: ({ data, error }) => {
          if (error) return ended(onProblem(problemOf(error)))
          failures = 0
          if (data) onData(data)
        },
        error: (error: unknown) => ended(onProblem(problemOf(error))),
        complete: () => ended(true),
      })
  }
  const forget = socket.onCut({
    cut() {
      rest()
      onCut?.()
    },
    again: start,
  })
  start()
  return () => {
    forget()
    rest()
  }
}

import type { ApolloClient, OperationVariables, TypedDocumentNode } from '@apollo/client'
import { type Problem, problemOf } from '../request-error.ts'
import { retryDelay } from './connection.ts'
import type { LiveSocket } from './socket.ts'

interface Following<Data, Variables extends OperationVariables> {
  client: ApolloClient
  socket: LiveSocket
  subscription: TypedDocumentNode<Data, Variables>
  /** Called each time the subscription starts, so that it can resume where it was interrupted. */
  variables: () => Variables
  onData: (data: Data) => void
  /** The connection was lost. The subscription resumes by itself. */
  onCut?: () => void
  /** The API ended the subscription with a problem. Returns whether to subscribe again. */
  onProblem: (problem: Problem) => boolean
}

/** Keeps a subscription running through disconnects and errors. Returns a function that ends it. */
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

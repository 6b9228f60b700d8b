import { ApolloLink, Observable } from '@apollo/client'
import { createStore } from './store.ts'

/** If a request is unanswered for longer than this, the page reports that the API does not respond. */
const SLOW_MS = 3_000

/** When the oldest overdue request started, in milliseconds since 1970; null if none is overdue. */
export const slowSince = createStore<number | null>(null)

const started = new Map<symbol, number>()
const update = (): void => {
  const oldest = Math.min(...started.values())
  slowSince.set(Date.now() - oldest >= SLOW_MS ? oldest : null)
}

/** Detects requests that are not answered. This link is placed before the HTTP link. */
export const watchRequests = new ApolloLink(
  (operation, forward) =>
    new Observable((observer) => {
      const request = Symbol()
      started.set(request, Date.now())
      const timer = setTimeout(update, SLOW_MS)
      const subscription = forward(operation).subscribe(observer)
      return () => {
        subscription.unsubscribe()
        clearTimeout(timer)
        started.delete(request)
        update()
      }
    }),
)

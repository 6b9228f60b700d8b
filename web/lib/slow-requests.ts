import { ApolloLink, Observable } from '@apollo/client'
import { createStore } from './store.ts'

/** Time after which a pending request makes the page report an unresponsive API. */
const SLOW_MS = 3_000

/** Start of the oldest overdue request in milliseconds since 1970; null if none. */
export const slowSince = createStore<number | null>(null)

const started = new Map<symbol, number>()
const update = (): void => {
  const oldest = Math.min(...started.values())
  slowSince.set(Date.now() - oldest >= SLOW_MS ? oldest : null)
}

/** Detects unanswered requests. Placed before the HTTP link. */
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

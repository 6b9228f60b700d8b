import { ApolloLink, Observable } from '@apollo/client'
import { createStore } from './store.ts'

/** A request that takes longer than this makes the page say that the API does not answer. */
const SLOW_MS = 3_000

/** Since when the oldest request that waits too long has been waiting, in milliseconds since 1970; null while none does. */
export const slowSince = createStore<number | null>(null)

const started = new Map<symbol, number>()
const update = (): void => {
  const oldest = Math.min(...started.values())
  slowSince.set(Date.now() - oldest >= SLOW_MS ? oldest : null)
}

/** Notices requests that are not answered. Stands in front of the HTTP link. */
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

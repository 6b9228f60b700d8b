import { GraphQLError } from 'graphql'
import type { Env } from '../../env.ts'
import { AppError } from '../../kit/errors.ts'
import type { Context } from '../context.ts'

export interface LiveCosts {
  /**
   * Counts a new subscription. Returns a function that ends the count. Throws RATE_LIMITED if a limit is exceeded.
   * Subscriptions with the same `key` share their results, so together they count once for the identity, which may have
   * many screens open. For a socket each of them counts.
   */
  begin(context: Context, key: string, cost: number): () => void
}

interface Following {
  cost: number
  /** Number of running subscriptions by key. */
  keys: Map<string, number>
}

/**
 * Limits the total cost of the running subscriptions per socket and per identity. This is needed because every change
 * causes the cost again, and results are not subject to the rate limit.
 */
export function createLiveCosts(env: Pick<Env, 'WEBSOCKET_MAX_LIVE_COST' | 'IDENTITY_MAX_LIVE_COST'>): LiveCosts {
  const identities = new Map<string, Following>()

  return {
    begin({ identity, socket }, key, cost) {
      const actor = `${identity.kind} ${identity.id}`
      const following = identities.get(actor) ?? { cost: 0, keys: new Map<string, number>() }
      const alike = following.keys.get(key) ?? 0
      const onSocket = socket ? socket.cost + cost : 0
      if (onSocket > env.WEBSOCKET_MAX_LIVE_COST)
        throw tooMuch('this socket', 'socketLiveCost', onSocket, env.WEBSOCKET_MAX_LIVE_COST)
      const inAll = following.cost + (alike === 0 ? cost : 0)
      if (inAll > env.IDENTITY_MAX_LIVE_COST)
        throw tooMuch('this identity', 'identityLiveCost', inAll, env.IDENTITY_MAX_LIVE_COST)

      if (socket) socket.cost = onSocket
      following.cost = inAll
      following.keys.set(key, alike + 1)
      identities.set(actor, following)
      let over = false
      return () => {
        if (over) return
        over = true
        if (socket) socket.cost -= cost
        const left = (following.keys.get(key) ?? 1) - 1
        if (left > 0) return void following.keys.set(key, left)
        following.keys.delete(key)
        following.cost -= cost
        if (following.keys.size === 0) identities.delete(actor)
      }
    },
  }
}

function tooMuch(who: string, limit: string, came: number, max: number): GraphQLError {
  const got = Math.ceil(came)
  const message = `all subscriptions of ${who} would cost ${got} per change; expected at most ${max}; end some or request less`
  const error = new AppError('RATE_LIMITED', message, { limit, got, max })
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 429 } } })
}

import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import packageJson from '../../package.json' with { type: 'json' }
import { createAuthenticate } from '../access/authenticate.ts'
import { createDevSignIn } from '../access/dev.ts'
import { createApiKeys } from '../access/keys.ts'
import { createDeliveryChanges } from '../deliveries/changes.ts'
import { cloudEvents } from '../events/cloudevents/route.ts'
import { createEventFeed } from '../events/feed.ts'
import type { Services } from '../graphql/context.ts'
import type { Pipeline } from '../pipeline.ts'
import { schema } from '../schema.ts'
import { authDev } from './auth-dev.ts'
import { graphiql } from './graphiql.ts'
import { createGraphQLRoute } from './graphql.ts'
import { createGraphQLEngine } from './graphql-engine.ts'
import { health } from './health.ts'
import { metrics, observeHttp } from './metrics.ts'
import { ping } from './ping.ts'
import { ready } from './ready.ts'
import { createRouter, type Route } from './router.ts'

export interface ApiServer {
  /** Listens; resolves with the port, which the system chooses when it is given as 0. Rejects when the port is taken. */
  start(port: number, host: string): Promise<number>
  /** Takes no more connections, lets requests finish for `limitMs`, and then ends those that are left. */
  stop(limitMs: number): Promise<void>
}

/** The API over HTTP: what there is to reach, and who may. */
export function createServer(core: Services['core'], pipeline: Pipeline, registry: Registry): ApiServer {
  const feed = createEventFeed(core)
  const deliveryChanges = createDeliveryChanges(core)
  const services: Services = { core, ...pipeline, feed, deliveryChanges }
  const dev = core.env.AUTH_MODE === 'dev' ? createDevSignIn(core) : null
  const engine = createGraphQLEngine(schema, services)
  const graphql = createGraphQLRoute(engine, services)
  const routes: Route[] = [
    ping,
    health(packageJson.version),
    ready(core),
    metrics(registry),
    cloudEvents(pipeline.publisher),
    graphql,
  ]
  if (core.env.NODE_ENV !== 'production') routes.unshift(graphiql(dev))
  if (dev) routes.push(authDev(dev))

  const listener = createRouter({
    routes,
    authenticate: createAuthenticate({ keys: createApiKeys(core), dev }),
    log: core.log,
    observe: observeHttp(registry),
  })
  // A client has ten seconds for its headers and thirty for its body; proxies keep idle connections for a minute, so that
  // we are not the one to close a connection that they are about to use.
  const http = createHttpServer(
    { keepAlive: true, noDelay: true, keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 30_000 },
    listener,
  )

  return {
    start: (port, host) =>
      new Promise((resolve, reject) => {
        http.once('error', reject)
        http.listen(port, host, () => {
          http.off('error', reject)
          resolve((http.address() as AddressInfo).port)
        })
      }),
    stop: (limitMs) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => http.closeAllConnections(), limitMs)
        // Connections become idle one by one, as their requests finish.
        const idle = setInterval(() => http.closeIdleConnections(), 20)
        graphql.cutStreams()
        http.close(() => {
          clearTimeout(limit)
          clearInterval(idle)
          feed.close()
          deliveryChanges.close()
          resolve()
        })
      }),
  }
}

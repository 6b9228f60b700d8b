import type { Duplex } from 'node:stream'
import type { Registry } from 'prom-client'
import packageJson from '../package.json' with { type: 'json' }
import { createAccess } from './access/access.ts'
import { devSignInRoute } from './access/dev-sign-in-route.ts'
import { observeCalls } from './ai/metrics.ts'
import { createAiAndCrm } from './ai-wiring.ts'
import { createAlerting } from './alerts/alerting.ts'
import { createAlertChanges } from './alerts/lifecycle/changes.ts'
import { loadNotificationRoutes } from './alerts/notifications/notification-routes.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import { auditExport } from './audit/export-route.ts'
import { createRequests } from './audit/requests.ts'
import { createVerifications } from './audit/verifications.ts'
import { createDeliveryChanges } from './deliveries/live/changes.ts'
import { observeDueDeliveries } from './deliveries/metrics.ts'
import { createReplay } from './deliveries/replay/replay.ts'
import { isIntrospectable } from './env.ts'
import { cloudEventsHandshake } from './events/cloudevents/handshake.ts'
import { cloudEvents } from './events/cloudevents/route.ts'
import { eventExport } from './events/export/export-route.ts'
import { createEventFeed } from './events/feed/event-feed.ts'
import type { Services } from './graphql/context.ts'
import { createClientIpOf } from './http/client-ip.ts'
import { graphiqlFiles } from './http/graphiql/files.ts'
import { graphiql } from './http/graphiql/graphiql-route.ts'
import { createGraphQLEngine } from './http/graphql-engine.ts'
import { createGraphQLRoute } from './http/graphql-route.ts'
import { health } from './http/health.ts'
import { createHttpServer, listen } from './http/http-server.ts'
import { metrics, observeJobs, observePool, observeSockets } from './http/metrics.ts'
import { observe } from './http/observe.ts'
import { ping } from './http/ping.ts'
import { ready } from './http/ready.ts'
import { createRouter, type Route } from './http/router.ts'
import { createWebSockets } from './http/websocket/sockets.ts'
import { handleUpgrades } from './http/websocket/upgrade.ts'
import { mcp } from './mcp/route.ts'
import { createOpsReading } from './ops-loop.ts'
import type { Pipeline } from './pipeline.ts'
import { opsRoutes } from './registry/ops-routes.ts'
import { createArchiveStore } from './retention/archive/create-store.ts'
import { schema } from './schema.ts'

export interface ApiServer {
  /** Starts listening and resolves with the port. Port 0 lets the system choose one. Rejects if the port is in use. */
  start(port: number, host: string): Promise<number>
  /** Serves an existing connection as if it had been accepted on the port. */
  accept(connection: Duplex): void
  /**
   * Stops accepting connections, ends streams and sockets, and gives running requests `limitMs` to finish. Closes the
   * connections that remain after that.
   */
  stop(limitMs: number): Promise<void>
}

/** Composes the API: all routes and their access rules. */
export function createServer(core: Services['core'], pipeline: Pipeline, registry: Registry): ApiServer {
  const feed = createEventFeed(core)
  const deliveryChanges = createDeliveryChanges(core)
  const alertChanges = createAlertChanges(core)
  const alerting = createAlerting(core, pipeline.publishInTransaction)
  const { apiKeys, authenticate, dev, watch } = createAccess(core)
  const { publisher, rateLimiter } = pipeline
  const ops = createOpsReading(core)
  const { ai, crm } = createAiAndCrm(core, pipeline, observeCalls(registry))
  const archiveStore = createArchiveStore(core.env)
  const services: Services = {
    core,
    ai,
    crm,
    ...pipeline,
    ...ops,
    auditTrail: createAuditTrail(pipeline.denials),
    feed,
    deliveryChanges,
    alertChanges,
    alerting,
    notificationRoutes: (eventIds) => loadNotificationRoutes(core, eventIds),
    replay: createReplay(core),
    verifications: createVerifications(core.env),
    apiKeys,
    archiveStore,
  }
  observeJobs(registry, core)
  observePool(registry, core.db.pool)
  observeDueDeliveries(registry, core)
  const clientIpOf = createClientIpOf(core.env.TRUSTED_PROXIES)
  const requests = createRequests(core)
  const engine = createGraphQLEngine(schema, services)
  const sockets = createWebSockets({
    engine,
    services,
    authenticate,
    clientIpOf,
    admit: rateLimiter.admit,
    requestLog: requests,
    onDenied: (denied, error) => pipeline.denials.note(denied, { action: 'http.graphql', target: null }, error),
    watch,
    observe: observeSockets(registry),
  })
  const graphql = createGraphQLRoute(engine, services, watch)
  const routes: Route[] = [
    ping,
    health(packageJson.version),
    ready(core, authenticate),
    metrics(registry),
    cloudEvents(publisher, pipeline.denials),
    cloudEventsHandshake,
    auditExport(core),
    eventExport(core, pipeline.catalogue),
    mcp(engine, services, packageJson.version),
    ...opsRoutes(ops.platformHealth),
    graphql,
  ]
  if (core.env.GRAPHIQL ?? isIntrospectable(core.env))
    routes.unshift(
      graphiql(dev && (async () => (await dev.signIn({ role: 'ADMIN', name: 'GraphiQL' })).token)),
      ...graphiqlFiles,
    )
  if (dev) routes.push(devSignInRoute(dev))

  const listener = createRouter({
    routes,
    authenticate,
    clientIpOf,
    admit: rateLimiter.admit,
    log: core.log,
    tracing: core.tracing,
    observe: observe(registry, requests),
    onDenied: (exchange, identity, action, error) =>
      pipeline.denials.note({ ...exchange, identity }, { action, target: null }, error),
  })
  const http = createHttpServer(core.env, listener)
  handleUpgrades(http, sockets.upgrade)

  return {
    start: (port, host) => listen(http, port, host),
    accept: (connection) => void http.emit('connection', connection),
    stop: (limitMs) =>
      new Promise((resolve) => {
        const limit = setTimeout(() => http.closeAllConnections(), limitMs)
        // A connection becomes idle when its request finishes, which happens at different times.
        const idle = setInterval(() => http.closeIdleConnections(), 20)
        graphql.cutStreams()
        sockets.close(limitMs)
        http.close(() => {
          clearTimeout(limit)
          clearInterval(idle)
          feed.close()
          deliveryChanges.close()
          ops.platformHealth.close()
          ops.liveAttempts.close()
          archiveStore.close()
          alertChanges.close()
          void Promise.all([requests.close(), crm.close(), alerting.stop()]).then(() => resolve())
        })
      }),
  }
}

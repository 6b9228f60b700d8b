import { hostname } from 'node:os'
// A file of its own, because the API accepts its documents also when it accepts only persisted ones.
import operations from './registration-operations.json' with { type: 'json' }

/** How the web server registers itself (docs/protocols.md). */
export interface WebRegistration {
  /** The API's GraphQL endpoint. */
  api: URL
  /** An API key with the role OPERATOR. */
  key: string
  service: {
    name: string
    url: string
    healthUrl: string
    version: string
    tags: string[]
    ttlSeconds: number
    /** This process among those with the same name. */
    instance: string
  }
}

const TTL_SECONDS = 45
const BEAT_MS = 15_000
const ANSWER_MS = 5_000

/**
 * The configured registration; null without AETHERLINK_SERVICE_KEY. SERVICE_URL is the address at which the API's
 * workers reach this server (default http://HOST:PORT).
 */
export function webRegistration(
  { api, host, port, version }: { api: URL; host: string; port: number; version: string },
  source: Record<string, string | undefined> = process.env,
): WebRegistration | null {
  const key = source.AETHERLINK_SERVICE_KEY
  if (!key) return null
  const url = (source.SERVICE_URL || `http://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(/\/+$/, '')
  const name = source.SERVICE_NAME || 'aetherlink-web'
  return {
    api,
    key,
    service: {
      name,
      url,
      healthUrl: `${url}/health.json`,
      version,
      tags: ['aetherlink', 'ui'],
      ttlSeconds: TTL_SECONDS,
      instance: `${hostname()}:${process.pid}`,
    },
  }
}

/**
 * Registers the web server and sends heartbeats until the returned function is called. A failure is harmless, because
 * the next heartbeat tries again. Of consecutive failures, only the first calls `warn`.
 */
export function keepRegistered({ api, key, service }: WebRegistration, warn: (message: string) => void): () => void {
  let isRegistered = false
  let hasFailed = false

  const call = async (query: string, variables: object) => {
    const response = await fetch(api, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const { errors } = (await response.json()) as { errors?: { message: string }[] }
    if (errors?.[0]) throw new Error(errors[0].message)
  }
  const beat = async () => {
    try {
      if (isRegistered) await call(operations.heartbeat, { name: service.name, instance: service.instance })
      else await call(operations.register, { input: service })
      isRegistered = true
      hasFailed = false
    } catch (error) {
      // The service may have been removed from the registry. The next heartbeat registers it again.
      isRegistered = false
      if (!hasFailed) warn(`Not in the service registry: ${error instanceof Error ? error.message : String(error)}`)
      hasFailed = true
    }
  }
  void beat()
  const timer = setInterval(() => void beat(), BEAT_MS)
  timer.unref()
  return () => clearInterval(timer)
}

import { createHmac } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { bin, has, ROOT } from '../paths.mjs'

/** @typedef {import('./supervise.mjs').Program} Program */
/** @typedef {import('../options.mjs').Options} Options */

const LOOPBACK = '127.0.0.0/8,::1/128'

/**
 * The environment of an installation's programs: the user's settings plus defaults for a single machine.
 * @param {Options} options
 * @param {{ databaseUrl: string, redisUrl: string, secrets: import('../secrets.mjs').Secrets }} known
 * @returns {NodeJS.ProcessEnv & { API_URL: string, SECRET_KEY: string }}
 */
export function environment({ ports, host }, { databaseUrl, redisUrl, secrets }) {
  const production = process.env.NODE_ENV === 'production'
  return {
    ...process.env,
    NODE_ENV: process.env.NODE_ENV || 'development',
    // Dev sign-in is offered only to users of this machine, not to a network that HOST lets in.
    AUTH_MODE: process.env.AUTH_MODE || (production || !isLoopback(host) ? 'keys' : 'dev'),
    SECRET_KEY: process.env.SECRET_KEY || secrets.SECRET_KEY,
    AETHERLINK_ADMIN_KEY: process.env.AETHERLINK_ADMIN_KEY || secrets.AETHERLINK_ADMIN_KEY,
    // The demo receiver and test receivers run on this machine.
    WEBHOOK_ALLOWED_CIDRS: process.env.WEBHOOK_ALLOWED_CIDRS ?? (production ? '' : LOOPBACK),
    // Registered services and the API's own health URL are on this machine too.
    PROBE_ALLOWED_CIDRS: process.env.PROBE_ALLOWED_CIDRS ?? (production ? '' : LOOPBACK),
    AETHERLINK_SERVICE_KEY:
      process.env.AETHERLINK_SERVICE_KEY || serviceKey(process.env.SECRET_KEY || secrets.SECRET_KEY),
    // The web server calls the API from this machine, and forwards the addresses of its clients.
    TRUSTED_PROXIES: process.env.TRUSTED_PROXIES ?? (isIP(host) ? `${LOOPBACK},${reachable(host)}` : LOOPBACK),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    HOST: host,
    PORT: String(ports.api),
    DEMO_RECEIVER_PORT: String(ports.receiver),
    DEMO_WEBHOOK_SECRET: process.env.DEMO_WEBHOOK_SECRET || secrets.DEMO_WEBHOOK_SECRET,
    API_URL: `http://${reachable(host)}:${ports.api}`,
    // Alerts link to the console. In production, only the operator knows the console's address.
    ...(production || process.env.WEB_URL ? {} : { WEB_URL: `http://${reachable(host)}:${ports.web}` }),
    // DNS look-ups run on these threads. With Node's default of four, a few name servers that do not answer would block
    // every new connection.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE || '16',
    // The same settings as in ops/docker/api.Dockerfile.
    NODE_OPTIONS: process.env.NODE_OPTIONS ?? '--max-semi-space-size=4',
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX || '2',
  }
}

/**
 * The programs of a single-machine installation in start order.
 * @param {Options} options
 * @param {ReturnType<typeof environment>} env
 * @returns {Program[]}
 */
export function programs({ dataDir, parts, watch, verbose, ports, host }, env) {
  const show = watch || verbose
  const logFile = (/** @type {string} */ name) => join(dataDir, 'logs', `${name}.log`)
  const node = (
    /** @type {string} */ name,
    /** @type {string} */ source,
    /** @type {string} */ bundle,
    /** @type {string} */ health = '',
  ) => ({
    name,
    source,
    command: watch ? bin('tsx') : process.execPath,
    args: watch ? ['watch', '--clear-screen=false', join(ROOT, source)] : [join(ROOT, bundle)],
    cwd: ROOT,
    env,
    logFile: logFile(name),
    show,
    ...(health && { health }),
  })
  const web = {
    name: 'web',
    source: 'web/package.json',
    command: process.execPath,
    args: [
      '--enable-source-maps',
      join(ROOT, 'web/dist/server.js'),
      ...(watch ? ['--dev'] : []),
      '--port',
      String(ports.web),
      '--host',
      host,
    ],
    cwd: join(ROOT, 'web'),
    // Next.js requires one of its own two modes, regardless of the installation's mode. The web server does not get the
    // installation's secrets: its key for sessions is derived from one.
    env: {
      ...process.env,
      SECRET_KEY: createHmac('sha256', env.SECRET_KEY).update('web').digest('base64'),
      NODE_ENV: watch ? 'development' : 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      API_URL: env.API_URL,
      AETHERLINK_SERVICE_KEY: env.AETHERLINK_SERVICE_KEY,
    },
    logFile: logFile('web'),
    show,
    health: `http://${reachable(host)}:${ports.web}/health.json`,
    graceMs: 10_000,
  }
  return [
    node('api', 'api/src/server.ts', 'api/dist/server.js', `${env.API_URL}/health`),
    node('worker', 'api/src/worker.ts', 'api/dist/worker.js'),
    node(
      'receiver',
      'api/src/demo/receiver.ts',
      'api/dist/demo-receiver.js',
      `http://127.0.0.1:${ports.receiver}/health`,
    ),
    web,
  ].filter(({ name, source }) => parts.includes(name) && has(source))
}

/**
 * The API key with which services register. It is derived from the installation's secret, so that no further secret
 * must be stored.
 * @param {string} secret
 */
const serviceKey = (secret) => `alk_${createHmac('sha256', secret).update('services').digest('base64url')}`

/** @param {string} host address that a server listens on */
const isLoopback = (host) => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** @param {string} host address that a server listens on */
const reachable = (host) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)

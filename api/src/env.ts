import { z } from 'zod'
import { Role } from '../../prisma/generated/client/enums.ts'
import { NETWORK_FORM, type Network, parseNetwork } from './kit/networks.ts'
import { aiSettings } from './settings/ai.ts'
import { readAlertWebhook } from './settings/alert-webhooks.ts'
import { opsSettings } from './settings/ops.ts'
import { replaceIt, unreplaced } from './settings/placeholders.ts'
import { retentionSettings } from './settings/retention.ts'
import { tracingSettings } from './settings/tracing.ts'
import { flag, httpUrl, list, whole } from './settings/types.ts'

/** All settings of the API and the worker, parsed once at start, each with its default and its meaning. */

const port = z.coerce.number().int().min(0).max(65_535)
const networks = list.transform((entries, issue) =>
  entries.flatMap((entry): Network[] => {
    const network = parseNetwork(entry)
    if (network !== null) return [network]
    issue.addIssue(`${JSON.stringify(entry)} is not a network; expected ${NETWORK_FORM}`)
    return []
  }),
)

/** Strict, because Node.js ignores invalid base64 characters and would derive a different key. */
const isKey = (text: string) => /^[\w+/-]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length === 32

const ROLES: readonly string[] = Object.values(Role)

/**
 * Names with their roles: `ops-team:OPERATOR,admins:ADMIN`. The last colon separates, because group names may contain
 * colons.
 */
const roleMap = z.string().transform((text, issue) => {
  const roles = new Map<string, Role>()
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const colon = entry.lastIndexOf(':')
    const name = entry.slice(0, Math.max(colon, 0)).trim()
    const role = entry
      .slice(colon + 1)
      .trim()
      .toUpperCase()
    if (name !== '' && ROLES.includes(role)) roles.set(name, role as Role)
    else
      issue.addIssue(`${JSON.stringify(entry.trim())} is not a name and a role; expected name:${ROLES.join(', name:')}`)
  }
  return roles
})

const settings = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('development')
    .describe('production disables introspection, GraphiQL and the dev sign-in'),
  HOST: z.string().default('127.0.0.1').describe('address the API listens on; 0.0.0.0 in a container'),
  PORT: port.default(8010).describe('port of the API'),
  WORKER_PORT: port.optional().describe('port on which a worker serves /health, /ready and /metrics; none when unset'),
  TRUSTED_PROXIES: networks
    .default([])
    .describe(
      'addresses and networks of trusted proxies including the web server, comma-separated: the client address is taken from their X-Forwarded-For; docs/audit.md',
    ),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgresql://user:password@host:port/database')
    .describe('PostgreSQL 15 or later'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(12).describe('connections to PostgreSQL per process'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'expected redis://host:port')
    .describe('Redis or Valkey'),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .default('aetherlink')
    .describe('prefix of every Redis key and channel'),
  SECRET_KEY: z
    .string()
    .refine(isKey, 'expected 32 bytes in base64 (openssl rand -base64 32)')
    .describe('key that encrypts webhook secrets and signs sessions'),
  SECRET_KEY_PREVIOUS: list
    .refine(
      (keys) => keys.every(isKey),
      'expected earlier values of SECRET_KEY, each 32 bytes in base64, comma-separated',
    )
    .default([])
    .describe('earlier values of SECRET_KEY, comma-separated, which still decrypt existing data; docs/install.md'),
  AETHERLINK_ADMIN_KEY: z
    .string()
    .regex(/^alk_[\w-]{20,200}$/, 'expected alk_ and at least 20 letters, digits, - or _')
    .optional()
    .describe('the first admin API key'),
  AUTH_MODE: z
    .enum(['keys', 'headers', 'dev'])
    .default('keys')
    .describe(
      'authentication besides API keys and OIDC tokens: headers: users named by a gateway (GATEWAY_SECRET); dev: anyone in any role, refused in production',
    ),
  GATEWAY_SECRET: z
    .string()
    .min(32, 'expected at least 32 characters (openssl rand -base64 32)')
    .regex(/^[!-~]*$/, 'expected printable ASCII without spaces, as in a header')
    .optional()
    .describe('secret with which a gateway authenticates in X-Gateway-Secret, with AUTH_MODE=headers'),
  OIDC_ISSUER: httpUrl
    .optional()
    .describe('issuer of accepted access tokens, compared exactly; unset: no tokens are accepted'),
  OIDC_AUDIENCE: list
    .refine((audiences) => audiences.length > 0, 'expected at least one audience')
    .optional()
    .describe('accepted values of `aud` in tokens, comma-separated'),
  OIDC_JWKS_URI: httpUrl
    .optional()
    .describe("URL of the issuer's keys; unset: discovered through /.well-known/openid-configuration"),
  OIDC_ROLES_CLAIM: z
    .string()
    .default('realm_access.roles')
    .describe('claim of a token with the roles; dots lead into objects'),
  OIDC_ROLE_MAP: roleMap
    .optional()
    .describe('roles or groups of the provider and their AetherLink roles, such as ops-team:OPERATOR,admins:ADMIN'),
  OIDC_TENANT_CLAIM: z.string().default('tenant_id').describe('claim with the tenant or tenants of a user'),
  OIDC_TENANT_REQUIRED: flag
    .default(false)
    .describe('true: a token without that claim has no rights; false: its roles apply to all tenants'),
  OIDC_NAME_CLAIM: z
    .string()
    .default('preferred_username')
    .describe('claim with the display name of a user; fallback `name`'),
  OIDC_CLOCK_SKEW_SECONDS: whole(0, 300)
    .default(30)
    .describe('accepted clock difference of the provider when checking the lifetime of tokens'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('minimum log level'),
  REQUEST_LOG: flag.default(true).describe('log every request at level info'),
  AUDIT_BUFFER_LIMIT: whole(100, 1_000_000)
    .default(10_000)
    .describe('maximum request statistics buffered in memory, and maximum tenants counted separately per day'),
  WEBHOOK_ALLOWED_CIDRS: list.default([]).describe('private networks that webhooks may send to, comma-separated'),
  WEBHOOK_HTTPS_ONLY: flag.default(false).describe('refuse plain http for webhooks'),
  WEBHOOK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(15_000)
    .describe('default timeout of a delivery request'),
  WEB_URL: httpUrl
    .optional()
    .describe('public URL of the console, such as https://console.example.com, for links in alerts'),
  ALERT_WEBHOOKS: list
    .transform((entries, context) =>
      entries.flatMap((entry, i) => {
        const webhook = readAlertWebhook(entry)
        if (webhook) return [webhook]
        const message = `entry ${i + 1} is not one; expected http and https URLs, comma-separated, each optionally with a format before it: slack+, teams+, discord+ or json+`
        context.addIssue({ code: 'custom', message })
        return []
      }),
    )
    .default([])
    .describe(
      'URLs that alerts are sent to, comma-separated; a webhook is created for each at start, in the format of its service (Slack, Teams, Discord) or of a prefix such as slack+https://; docs/alerts.md',
    ),
  ALERT_GROUP_WAIT_MS: whole(0, 60_000)
    .default(2_000)
    .describe('alerts of one rule with groupBy that fire within this time share one message'),
  DELIVERY_TTL_HOURS: z.coerce
    .number()
    .positive()
    .max(8_760)
    .default(168)
    .describe('time to live: a delivery that is still open after this is cancelled'),
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_000)
    .default(256)
    .describe('maximum requests in flight per worker process, over all webhooks'),
  SWEEP_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1_000)
    .describe('interval at which a worker looks for due deliveries that no worker holds'),
  HANDOFF_GRACE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe('time within which a new delivery should be claimed before the sweep takes it'),
  LEASE_MARGIN_MS: z.coerce
    .number()
    .int()
    .min(2_000)
    .max(600_000)
    .default(15_000)
    .describe("time added to a webhook's timeout to form the lease of a claim, for queueing and recording the outcome"),
  INTROSPECTION: flag
    .optional()
    .describe('whether introspection (__schema, __type) is enabled; unset: not with NODE_ENV=production'),
  GRAPHIQL: flag
    .optional()
    .describe(
      'whether /graphql serves GraphiQL to browsers, which requires INTROSPECTION; unset: same as INTROSPECTION',
    ),
  PERSISTED_OPERATIONS: list
    .default([])
    .describe(
      'persisted documents in addition to those of the console, which clients send by SHA-256: .json files of ids and documents, .graphql files, or folders of these; comma-separated',
    ),
  PERSISTED_OPERATIONS_ONLY: flag
    .default(false)
    .describe('accept only the documents of the console and of PERSISTED_OPERATIONS, from every caller'),
  OPERATION_TIMEOUT_MS: whole(100, 600_000)
    .default(30_000)
    .describe('timeout of a query or mutation (UNAVAILABLE); its database statement is cancelled'),
  QUERY_MAX_TOKENS: whole(100, 100_000).default(2_000).describe('maximum tokens of a GraphQL document'),
  QUERY_MAX_DEPTH: whole(5, 100).default(20).describe('maximum nesting of fields in an operation'),
  QUERY_MAX_FIELDS: whole(50, 10_000).default(500).describe('maximum fields of an operation with expanded fragments'),
  QUERY_MAX_BREADTH: whole(10, 1_000).default(100).describe('maximum fields of one selection with expanded fragments'),
  QUERY_MAX_ROOT_FIELDS: whole(1, 1_000).default(20).describe('maximum root fields of an operation'),
  QUERY_MAX_ALIASES: whole(0, 1_000).default(50).describe('maximum aliases of an operation with expanded fragments'),
  QUERY_MAX_DIRECTIVES: whole(0, 1_000)
    .default(50)
    .describe('maximum directives of an operation with expanded fragments'),
  QUERY_MAX_COST: whole(1_000, 10_000_000)
    .default(50_000)
    .describe('maximum cost of an operation in values; docs/api.md explains the calculation'),
  QUERY_MAX_LIVE_COST: whole(10, 10_000_000)
    .default(5_000)
    .describe('maximum cost of one subscription result, which is computed with every change'),
  IDENTITY_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(50_000)
    .describe('maximum total cost of the subscriptions of an identity in an API process; identical ones count once'),
  HTTP_HEADERS_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('timeout for receiving the headers of a request'),
  HTTP_REQUEST_TIMEOUT_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('timeout for receiving the whole request; at least HTTP_HEADERS_TIMEOUT_MS'),
  HTTP_STALL_MS: whole(100, 3_600_000)
    .default(60_000)
    .describe('a client that reads nothing of its response, stream or export for this long is disconnected'),
  EVENT_STREAMS_MAX: whole(1, 1_000_000)
    .default(10_000)
    .describe('maximum open event streams per API process; further ones get 503'),
  WEBSOCKET_MAX_CONNECTIONS: whole(1, 1_000_000)
    .default(10_000)
    .describe('maximum open WebSockets per API process; further ones get 503'),
  WEBSOCKET_MAX_OPERATIONS: whole(1, 10_000).default(100).describe('maximum running operations per WebSocket'),
  WEBSOCKET_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(20_000)
    .describe('maximum total cost of the subscriptions of one WebSocket'),
  WEBSOCKET_INIT_TIMEOUT_MS: whole(50, 60_000)
    .default(3_000)
    .describe('a WebSocket that has not authenticated after this is closed'),
  WEBSOCKET_PING_MS: whole(50, 600_000)
    .default(12_000)
    .describe('interval of WebSocket pings; a peer that does not answer before the next ping is disconnected'),
  AUTH_RECHECK_MS: whole(50, 3_600_000)
    .default(30_000)
    .describe('interval at which the credentials of open WebSockets and event streams are rechecked'),
  TENANT_PUBLISH_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('events per second that a tenant may publish unless it has its own limit; 0: no limit'),
  TENANT_PUBLISH_BURST: whole(1, 10_000_000).optional().describe('burst size of that limit; unset: the limit itself'),
  TENANT_REQUESTS_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('requests per second that all identities of a tenant may make together; 0: no limit'),
  TENANT_REQUESTS_BURST: whole(1, 10_000_000).optional().describe('burst size of that limit; unset: the limit itself'),
  ...opsSettings,
  ...aiSettings,
  ...retentionSettings,
  ...tracingSettings,
} as const

const schema = z.object(settings).superRefine((env, issue) => {
  const refuse = (name: keyof typeof settings, message: string) =>
    issue.addIssue({ code: 'custom', path: [name], message })
  const only = (names: (keyof typeof settings)[], without: string) => {
    for (const name of names)
      if (env[name] !== undefined) refuse(name, `has no effect without ${without}; set that too`)
  }
  if (env.SECRET_KEY_PREVIOUS.some((key) => Buffer.from(key, 'base64').equals(Buffer.from(env.SECRET_KEY, 'base64'))))
    refuse('SECRET_KEY_PREVIOUS', 'contains SECRET_KEY itself; expected only earlier keys')
  if (env.NODE_ENV === 'production' && env.AUTH_MODE === 'dev')
    refuse('AUTH_MODE', 'dev grants access to anyone and is refused with NODE_ENV=production; expected keys or headers')
  if (env.AUTH_MODE !== 'headers') only(['GATEWAY_SECRET'], 'AUTH_MODE=headers')
  else if (env.GATEWAY_SECRET === undefined)
    refuse('GATEWAY_SECRET', 'is required with AUTH_MODE=headers, because otherwise anyone could send the headers')
  if (env.OIDC_ISSUER === undefined) only(['OIDC_AUDIENCE', 'OIDC_JWKS_URI', 'OIDC_ROLE_MAP'], 'OIDC_ISSUER')
  else if (env.OIDC_AUDIENCE === undefined)
    refuse(
      'OIDC_AUDIENCE',
      'is required with OIDC_ISSUER, because otherwise tokens for other services would be accepted',
    )
  if (env.HTTP_REQUEST_TIMEOUT_MS < env.HTTP_HEADERS_TIMEOUT_MS)
    refuse('HTTP_REQUEST_TIMEOUT_MS', `must be at least HTTP_HEADERS_TIMEOUT_MS, ${env.HTTP_HEADERS_TIMEOUT_MS}`)
  if (env.AUTOHEAL_BACKOFF_MAX_SECONDS < env.AUTOHEAL_BACKOFF_SECONDS)
    refuse('AUTOHEAL_BACKOFF_MAX_SECONDS', `must be at least AUTOHEAL_BACKOFF_SECONDS, ${env.AUTOHEAL_BACKOFF_SECONDS}`)
  if (env.DOCKER_TLS_VERIFY) {
    if (env.DOCKER_CERT_PATH === undefined)
      refuse('DOCKER_CERT_PATH', 'is required with DOCKER_TLS_VERIFY: the folder with ca.pem, cert.pem and key.pem')
    if (!env.DOCKER_HOST.startsWith('tcp://')) refuse('DOCKER_TLS_VERIFY', 'requires a tcp:// DOCKER_HOST')
  }
  if (env.GRAPHIQL && !isIntrospectable(env)) refuse('GRAPHIQL', 'has no effect without INTROSPECTION; set that too')
})

/** Whether introspection is enabled. */
export function isIntrospectable(env: { INTROSPECTION?: boolean | undefined; NODE_ENV: string }): boolean {
  return env.INTROSPECTION ?? env.NODE_ENV !== 'production'
}

export type Env = z.output<typeof schema>

/** Names, defaults and meanings for docs/settings.md. */
export const documentedSettings = Object.entries(settings).map(([name, type]) => ({
  name,
  meaning: type.description ?? '',
}))

/** Thrown for invalid settings. The message lists each one with the received and accepted values. */
export class SettingsError extends Error {}

const SECRET = /KEY|SECRET|PASSWORD|_URL$|^ALERT_WEBHOOKS$/

/** Parses the environment. An empty value counts as unset. Throws SettingsError. */
export function parseEnv(source: Record<string, string | undefined> = process.env): Env {
  const placeholders = unreplaced(source)
  if (placeholders.length > 0)
    throw new SettingsError(`Settings that are missing or wrong:\n  ${placeholders.map(replaceIt).join('\n  ')}`)
  const values = Object.fromEntries(Object.keys(settings).map((k) => [k, source[k] === '' ? undefined : source[k]]))
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0])
    const came =
      values[name] === undefined
        ? 'is missing'
        : SECRET.test(name)
          ? 'has an unusable value'
          : `is ${JSON.stringify(values[name])}`
    return `${name} ${came}: ${issue.message}`
  })
  throw new SettingsError(`Missing or invalid settings:\n  ${lines.join('\n  ')}`)
}

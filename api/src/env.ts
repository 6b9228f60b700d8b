import { z } from 'zod'
import { Role } from '../../prisma/generated/client/enums.ts'
import { NETWORK_FORM, type Network, parseNetwork } from './kit/networks.ts'
import { aiSettings } from './settings/ai.ts'
import { readAlertWebhook } from './settings/alert-webhooks.ts'
import { opsSettings } from './settings/ops.ts'
import { retentionSettings } from './settings/retention.ts'
import { flag, httpUrl, list, whole } from './settings/types.ts'

/** Every setting of the api and the worker: parsed once at start, each with its default and its meaning. */

const port = z.coerce.number().int().min(0).max(65_535)
const networks = list.transform((entries, issue) =>
  entries.flatMap((entry): Network[] => {
    const network = parseNetwork(entry)
    if (network !== null) return [network]
    issue.addIssue(`${JSON.stringify(entry)} is no network; takes ${NETWORK_FORM}`)
    return []
  }),
)

/** Strict, where Node skips what is no base64: what is a key here has to be one to whatever derives from it. */
const isKey = (text: string) => /^[\w+/-]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length === 32

const ROLES: readonly string[] = Object.values(Role)

/** Names, and the role that each stands for: `ops-team:OPERATOR,admins:ADMIN`. The last colon counts: groups may have some. */
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
    else issue.addIssue(`${JSON.stringify(entry.trim())} is no name and role; takes name:${ROLES.join(', name:')}`)
  }
  return roles
})

const settings = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('development')
    .describe('production closes introspection, GraphiQL and the dev sign-in'),
  HOST: z.string().default('127.0.0.1').describe('address the API listens on; 0.0.0.0 in a container'),
  PORT: port.default(8010).describe('port of the API'),
  TRUSTED_PROXIES: networks
    .default([])
    .describe(
      'addresses and networks of proxies in front, the web among them, comma-separated: a client is where they say in X-Forwarded-For; docs/audit.md',
    ),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'takes postgresql://user:password@host:port/database')
    .describe('PostgreSQL 15 or later'),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(12).describe('connections to PostgreSQL per process'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'takes redis://host:port')
    .describe('Redis or Valkey'),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .default('aetherlink')
    .describe('first part of every Redis key and channel'),
  SECRET_KEY: z
    .string()
    .refine(isKey, 'takes 32 bytes in base64 (openssl rand -base64 32)')
    .describe('key that webhook secrets are encrypted with and sessions are signed with'),
  SECRET_KEY_PREVIOUS: list
    .refine((keys) => keys.every(isKey), 'takes what SECRET_KEY was before, each 32 bytes in base64, comma-separated')
    .default([])
    .describe('keys that were SECRET_KEY before, comma-separated: what they sealed still opens; docs/install.md'),
  AETHERLINK_ADMIN_KEY: z
    .string()
    .regex(/^alk_[\w-]{20,200}$/, 'takes alk_ and at least 20 letters, digits, - or _')
    .optional()
    .describe('the first admin API key'),
  AUTH_MODE: z
    .enum(['keys', 'headers', 'dev'])
    .default('keys')
    .describe(
      'who may ask, beside API keys and OIDC tokens: headers: whom a gateway names (GATEWAY_SECRET); dev: anybody, in any role; refused in production',
    ),
  GATEWAY_SECRET: z
    .string()
    .min(32, 'takes at least 32 characters (openssl rand -base64 32)')
    .regex(/^[!-~]*$/, 'takes printable ASCII without spaces, as a header does')
    .optional()
    .describe('what a gateway proves itself with, in X-Gateway-Secret, with AUTH_MODE=headers'),
  OIDC_ISSUER: httpUrl.optional().describe('issuer of access tokens that are taken, to the letter; none when unset'),
  OIDC_AUDIENCE: list
    .refine((audiences) => audiences.length > 0, 'takes at least one audience')
    .optional()
    .describe('what a token has to have in `aud`; one of these, comma-separated'),
  OIDC_JWKS_URI: httpUrl
    .optional()
    .describe("where the issuer's keys are; found by its /.well-known/openid-configuration when unset"),
  OIDC_ROLES_CLAIM: z
    .string()
    .default('realm_access.roles')
    .describe('claim of a token that has the roles; dots lead into objects'),
  OIDC_ROLE_MAP: roleMap
    .optional()
    .describe('roles or groups of the provider and what they are here, as ops-team:OPERATOR,admins:ADMIN'),
  OIDC_TENANT_CLAIM: z
    .string()
    .default('tenant_id')
    .describe('claim that names the tenant, or the tenants, that the holder of a token is bound to'),
  OIDC_TENANT_REQUIRED: flag
    .default(false)
    .describe('a token without that claim has no rights, instead of those of its roles for all tenants'),
  OIDC_NAME_CLAIM: z
    .string()
    .default('preferred_username')
    .describe('claim that has the name of a person to be shown; `name` where it has none'),
  OIDC_CLOCK_SKEW_SECONDS: whole(0, 300)
    .default(30)
    .describe("how far the provider's clock may be off: tokens are taken so much before and after their time"),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least level that is logged'),
  REQUEST_LOG: flag.default(true).describe('a line in the log for every request, at level info'),
  AUDIT_BUFFER_LIMIT: whole(100, 1_000_000)
    .default(10_000)
    .describe(
      'figures of requests that wait in memory to be written, and tenants that they are told apart by in a day',
    ),
  WEBHOOK_ALLOWED_CIDRS: list.default([]).describe('private networks that webhooks may reach, comma-separated'),
  WEBHOOK_HTTPS_ONLY: flag.default(false).describe('refuse plain http for webhooks'),
  WEBHOOK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(120_000)
    .default(15_000)
    .describe('default time limit of a whole delivery request'),
  WEB_URL: httpUrl
    .optional()
    .describe('where people open the console, as https://console.example.com: alerts link to it'),
  ALERT_WEBHOOKS: list
    .transform((entries, context) =>
      entries.flatMap((entry, i) => {
        const webhook = readAlertWebhook(entry)
        if (webhook) return [webhook]
        const message = `entry ${i + 1} is not one; takes http and https URLs, comma-separated, each optionally with a format before it: slack+, teams+, discord+ or json+`
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
    .describe('alerts of one rule with groupBy that fire within this time of each other are one message'),
  DELIVERY_TTL_HOURS: z.coerce
    .number()
    .positive()
    .max(8_760)
    .default(168)
    .describe('a delivery still open after this is cancelled'),
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_000)
    .default(256)
    .describe('requests in flight per worker process, all webhooks together'),
  SWEEP_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1_000)
    .describe("how often a worker looks for deliveries that are due and in no worker's hands"),
  HANDOFF_GRACE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe('time that a new delivery has to be claimed before the sweep takes it over'),
  LEASE_MARGIN_MS: z.coerce
    .number()
    .int()
    .min(2_000)
    .max(600_000)
    .default(15_000)
    .describe(
      "added to a webhook's time limit, the time for which a claim is its worker's: for waiting and for recording the outcome",
    ),
  INTROSPECTION: flag
    .optional()
    .describe('whether operations may ask for the schema (__schema, __type); when unset, not with NODE_ENV=production'),
  GRAPHIQL: flag
    .optional()
    .describe('whether /graphql is GraphiQL to browsers, which takes INTROSPECTION; when unset, where that is on'),
  PERSISTED_OPERATIONS: list
    .default([])
    .describe(
      "documents that clients may name by their SHA-256, beside the web's: .json files of ids and documents, .graphql files, folders of these; comma-separated",
    ),
  PERSISTED_OPERATIONS_ONLY: flag
    .default(false)
    .describe('take the documents of the web and of PERSISTED_OPERATIONS, and no others, from whomever'),
  OPERATION_TIMEOUT_MS: whole(100, 600_000)
    .default(30_000)
    .describe(
      'a query or mutation that takes longer is given up (UNAVAILABLE), and what it asks the database cancelled',
    ),
  QUERY_MAX_TOKENS: whole(100, 100_000).default(2_000).describe('tokens that a GraphQL document may have'),
  QUERY_MAX_DEPTH: whole(5, 100).default(20).describe('fields within each other that an operation may have'),
  QUERY_MAX_FIELDS: whole(50, 10_000)
    .default(500)
    .describe('fields that an operation may have, its fragments spread out'),
  QUERY_MAX_BREADTH: whole(10, 1_000)
    .default(100)
    .describe('fields that one selection may have, its fragments spread out'),
  QUERY_MAX_ROOT_FIELDS: whole(1, 1_000).default(20).describe('root fields that an operation may have'),
  QUERY_MAX_ALIASES: whole(0, 1_000)
    .default(50)
    .describe('aliases that an operation may have, its fragments spread out'),
  QUERY_MAX_DIRECTIVES: whole(0, 1_000)
    .default(50)
    .describe('directives that an operation may have, its fragments spread out'),
  QUERY_MAX_COST: whole(1_000, 10_000_000)
    .default(50_000)
    .describe('values that an operation may ask for, roughly; docs/api.md says how they are counted'),
  QUERY_MAX_LIVE_COST: whole(10, 10_000_000)
    .default(5_000)
    .describe('the same for one result of a subscription, which is worked out with every change'),
  IDENTITY_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(50_000)
    .describe(
      'the same for all subscriptions together that an identity has under way in an API process; those that are alike count once',
    ),
  HTTP_HEADERS_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('a client that has not sent all headers of a request after this is cut off'),
  HTTP_REQUEST_TIMEOUT_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('the same for the whole request; no shorter than HTTP_HEADERS_TIMEOUT_MS'),
  HTTP_STALL_MS: whole(100, 3_600_000)
    .default(60_000)
    .describe('a client that takes nothing of its answer, stream or export for so long is taken for gone'),
  EVENT_STREAMS_MAX: whole(1, 1_000_000)
    .default(10_000)
    .describe('event streams that an API process has open at once; more are answered 503'),
  WEBSOCKET_MAX_CONNECTIONS: whole(1, 1_000_000)
    .default(10_000)
    .describe('WebSockets that an API process has open at once; more are answered 503'),
  WEBSOCKET_MAX_OPERATIONS: whole(1, 10_000)
    .default(100)
    .describe('operations that one WebSocket has under way at once'),
  WEBSOCKET_MAX_LIVE_COST: whole(10, 100_000_000)
    .default(20_000)
    .describe('values that all subscriptions together may ask for that one WebSocket has under way'),
  WEBSOCKET_INIT_TIMEOUT_MS: whole(50, 60_000)
    .default(3_000)
    .describe('a WebSocket that has not said who it is after this is closed'),
  WEBSOCKET_PING_MS: whole(50, 600_000)
    .default(12_000)
    .describe('how often each WebSocket is pinged; one that does not answer before the next ping is cut'),
  AUTH_RECHECK_MS: whole(50, 3_600_000)
    .default(30_000)
    .describe('how often the credentials behind an open WebSocket or event stream are checked again'),
  TENANT_PUBLISH_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('events a second that a tenant may publish, unless it has a limit of its own; 0: no limit'),
  TENANT_PUBLISH_BURST: whole(1, 10_000_000)
    .optional()
    .describe('of which so many may come at once; as many as in a second when unset'),
  TENANT_REQUESTS_PER_SECOND: whole(0, 1_000_000)
    .default(0)
    .describe('requests a second that who is bound to a tenant may make, all together; 0: no limit'),
  TENANT_REQUESTS_BURST: whole(1, 10_000_000)
    .optional()
    .describe('of which so many may come at once; as many as in a second when unset'),
  ...opsSettings,
  ...aiSettings,
  ...retentionSettings,
} as const

const schema = z.object(settings).superRefine((env, issue) => {
  const refuse = (name: keyof typeof settings, message: string) =>
    issue.addIssue({ code: 'custom', path: [name], message })
  const only = (names: (keyof typeof settings)[], without: string) => {
    for (const name of names) if (env[name] !== undefined) refuse(name, `says nothing without ${without}; set that too`)
  }
  if (env.SECRET_KEY_PREVIOUS.some((key) => Buffer.from(key, 'base64').equals(Buffer.from(env.SECRET_KEY, 'base64'))))
    refuse('SECRET_KEY_PREVIOUS', 'is SECRET_KEY itself, which was not replaced then; takes the keys before it')
  if (env.NODE_ENV === 'production' && env.AUTH_MODE === 'dev')
    refuse('AUTH_MODE', 'dev lets anybody in and is refused with NODE_ENV=production; takes keys or headers')
  if (env.AUTH_MODE !== 'headers') only(['GATEWAY_SECRET'], 'AUTH_MODE=headers')
  else if (env.GATEWAY_SECRET === undefined)
    refuse('GATEWAY_SECRET', 'AUTH_MODE=headers takes it, or anybody could send the headers')
  if (env.OIDC_ISSUER === undefined) only(['OIDC_AUDIENCE', 'OIDC_JWKS_URI', 'OIDC_ROLE_MAP'], 'OIDC_ISSUER')
  else if (env.OIDC_AUDIENCE === undefined)
    refuse('OIDC_AUDIENCE', 'OIDC_ISSUER takes it, or tokens that are meant for others would be taken')
  if (env.HTTP_REQUEST_TIMEOUT_MS < env.HTTP_HEADERS_TIMEOUT_MS)
    refuse('HTTP_REQUEST_TIMEOUT_MS', `takes at least HTTP_HEADERS_TIMEOUT_MS, ${env.HTTP_HEADERS_TIMEOUT_MS}`)
  if (env.AUTOHEAL_BACKOFF_MAX_SECONDS < env.AUTOHEAL_BACKOFF_SECONDS)
    refuse('AUTOHEAL_BACKOFF_MAX_SECONDS', `takes at least AUTOHEAL_BACKOFF_SECONDS, ${env.AUTOHEAL_BACKOFF_SECONDS}`)
  if (env.DOCKER_TLS_VERIFY) {
    if (env.DOCKER_CERT_PATH === undefined)
      refuse('DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY takes it: the folder with ca.pem, cert.pem and key.pem')
    if (!env.DOCKER_HOST.startsWith('tcp://')) refuse('DOCKER_TLS_VERIFY', 'takes a tcp:// DOCKER_HOST')
  }
  if (env.GRAPHIQL && !isIntrospectable(env)) refuse('GRAPHIQL', 'shows nothing without INTROSPECTION; set that too')
})

/** Whether operations may ask for the schema. */
export function isIntrospectable(env: { INTROSPECTION?: boolean | undefined; NODE_ENV: string }): boolean {
  return env.INTROSPECTION ?? env.NODE_ENV !== 'production'
}

export type Env = z.output<typeof schema>

/** Names, defaults and meanings, for docs/settings.md. */
export const documentedSettings = Object.entries(settings).map(([name, type]) => ({
  name,
  meaning: type.description ?? '',
}))

/** A wrong setting. The message names every wrong one, what came and what it takes. */
export class SettingsError extends Error {}

const SECRET = /KEY|SECRET|PASSWORD|_URL$|^ALERT_WEBHOOKS$/

/** Parses the environment; an empty value counts as unset. Throws SettingsError. */
export function parseEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(Object.keys(settings).map((k) => [k, source[k] === '' ? undefined : source[k]]))
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0])
    const came =
      given[name] === undefined
        ? 'is not set'
        : SECRET.test(name)
          ? 'has an unusable value'
          : `is ${JSON.stringify(given[name])}`
    return `${name} ${came}: ${issue.message}`
  })
  throw new SettingsError(`Settings that are missing or wrong:\n  ${lines.join('\n  ')}`)
}

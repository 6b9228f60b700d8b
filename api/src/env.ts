import { z } from 'zod'
import { NETWORK_FORM, type Network, parseNetwork } from './kit/networks.ts'
import { aiSettings } from './settings/ai.ts'
import { readAlertWebhook } from './settings/alert-webhooks.ts'
import { opsSettings } from './settings/ops.ts'
import { replaceIt, unreplaced } from './settings/placeholders.ts'
import { requestSettings } from './settings/requests.ts'
import { retentionSettings } from './settings/retention.ts'
import { signInSettings } from './settings/sign-in.ts'
import { tracingSettings } from './settings/tracing.ts'
import { flag, httpUrl, list, whole } from './settings/types.ts'

/**
 * All settings of the API and the worker, with defaults and descriptions. They are parsed once, when the process
 * starts.
 */

const port = z.coerce.number().int().min(0).max(65_535)
const networks = list.transform((entries, issue) =>
  entries.flatMap((entry): Network[] => {
    const network = parseNetwork(entry)
    if (network !== null) return [network]
    issue.addIssue(`${JSON.stringify(entry)} is not a network; expected ${NETWORK_FORM}`)
    return []
  }),
)

/** Checks the characters too, because Node.js ignores invalid base64 characters and would derive a different key. */
const isKey = (text: string) => /^[\w+/-]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length === 32

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
  ...signInSettings,
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
    .describe('time within which a new delivery should be claimed before the sweep claims it'),
  LEASE_MARGIN_MS: z.coerce
    .number()
    .int()
    .min(2_000)
    .max(600_000)
    .default(15_000)
    .describe("time added to a webhook's timeout to form the lease of a claim, for queueing and recording the outcome"),
  ...requestSettings,
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

/** Names, defaults and descriptions for docs/settings.md. */
export const documentedSettings = Object.entries(settings).map(([name, type]) => ({
  name,
  meaning: type.description ?? '',
}))

/**
 * Thrown for invalid settings. The message lists each invalid setting with the received value and the accepted values.
 */
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

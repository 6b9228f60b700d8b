import { z } from 'zod'
import { parseNetwork } from '../kit/networks.ts'
import { flag, httpUrl, json, list, whole } from './types.ts'

/** Settings of the service registry, health probes and auto-heal. */

const networkTexts = list.refine((entries) => entries.every((entry) => parseNetwork(entry) !== null), {
  error: 'expected networks such as 10.1.0.0/16 or fd00::/8, comma-separated',
})

/** Names separated by commas, or a JSON array, which earlier versions required. */
const names = z
  .string()
  .transform((text) =>
    text.trimStart().startsWith('[')
      ? text
      : JSON.stringify(
          text
            .split(',')
            .map((s) => s.trim())
            .filter(Boolean),
        ),
  )
  .pipe(json(z.array(z.string().min(1)), 'a JSON array of container names, ["web","api"]'))

const REGISTRY = {
  SERVICE_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,127}$/, 'expected letters, digits, ., _ and -, beginning with a letter or digit')
    .optional()
    .describe('name under which this process registers itself; aetherlink-api or aetherlink-worker when unset'),
  SERVICE_URL: httpUrl
    .optional()
    .describe('URL of this API for other machines, in the registry; http://HOST:PORT when unset'),
  AETHERLINK_SERVICE_KEY: z
    .string()
    .regex(/^alk_[\w-]{20,200}$/, 'expected alk_ and at least 20 letters, digits, - or _')
    .optional()
    .describe('an API key with the role OPERATOR, created at start, with which the web and other services register'),
  UI_HEALTH_URL: httpUrl
    .optional()
    .describe(
      "health URL of the web console as the API and the workers reach it; if set, the console is part of the platform's health",
    ),
  PROBE_ALLOWED_CIDRS: networkTexts
    .default([])
    .describe('private networks that health probes may reach, comma-separated; never metadata addresses of clouds'),
  PROBE_INTERVAL_SECONDS: whole(1, 3_600)
    .default(15)
    .describe('interval of the probes of each registered service, plus or minus a tenth'),
  PROBE_TIMEOUT_MS: whole(100, 60_000).default(5_000).describe('time limit of a whole health probe'),
  PROBE_CONCURRENCY: whole(1, 1_000).default(256).describe('health probes in flight per worker process'),
  PROBE_FAILURE_THRESHOLD: whole(1, 20)
    .default(3)
    .describe('consecutive equal results before a service counts as worse'),
  PROBE_SUCCESS_THRESHOLD: whole(1, 20)
    .default(2)
    .describe('consecutive equal results before a service counts as better'),
} as const

const AUTOHEAL = {
  AUTOHEAL_MODE: z
    .enum(['heal', 'monitor', 'off'])
    .default('heal')
    .describe(
      'heal: containers that are down are restarted; monitor: only watched and recorded; off: Docker is not used',
    ),
  DOCKER_HOST: z
    .string()
    .regex(/^(unix:\/\/\/|tcp:\/\/[^/]+:\d+)/, 'expected unix:///path/to/docker.sock or tcp://host:port')
    .default('unix:///var/run/docker.sock')
    .describe('the Docker engine of auto-heal; without the setting and the default socket, auto-heal is off'),
  DOCKER_TLS_VERIFY: flag
    .default(false)
    .describe('use TLS with a tcp:// DOCKER_HOST, with the certificates of DOCKER_CERT_PATH'),
  DOCKER_CERT_PATH: z.string().optional().describe('folder with ca.pem, cert.pem and key.pem for DOCKER_TLS_VERIFY'),
  AUTOHEAL_SERVICES: names
    .default([])
    .describe('containers to watch, as a JSON array; beside those with the label aetherlink.autoheal=true'),
  AUTOHEAL_HEALTH_ENDPOINTS: json(
    z.record(z.string(), z.url({ protocol: /^https?$/ })),
    'a JSON object of names of containers or services and http(s) URLs, {"web":"http://web:3000/health.json"}',
  )
    .default({})
    .describe('health URLs by the name of a container or of its service, as a JSON object'),
  AUTOHEAL_PULL_FROM_REGISTRY: flag
    .default(true)
    .describe('also watch the containers of registered services, with their health URLs'),
  AUTOHEAL_INTERVAL_SECONDS: whole(1, 3_600)
    .default(15)
    .describe("interval at which every container is checked; Docker's events are followed at once"),
  AUTOHEAL_FAILURE_THRESHOLD: whole(1, 20)
    .default(3)
    .describe('failed probes of a health URL in a row before a container counts as down'),
  AUTOHEAL_START_PERIOD_SECONDS: whole(0, 3_600)
    .default(30)
    .describe('time after its start in which failed probes of a container do not count'),
  AUTOHEAL_STOP_TIMEOUT_SECONDS: whole(0, 600)
    .default(10)
    .describe(
      'time within which a container must stop before Docker kills it; its label aetherlink.autoheal.stop-timeout overrides it',
    ),
  AUTOHEAL_VERIFY_SECONDS: whole(1, 3_600)
    .default(90)
    .describe('time within which a restarted container must become healthy'),
  AUTOHEAL_BACKOFF_SECONDS: whole(1, 3_600)
    .default(10)
    .describe('wait after the first restart of a container that stays down; it doubles with each further one'),
  AUTOHEAL_BACKOFF_MAX_SECONDS: whole(1, 86_400).default(300).describe('the longest such wait'),
  AUTOHEAL_MAX_RESTARTS: whole(1, 100)
    .default(5)
    .describe(
      'maximum automatic restarts of a container within AUTOHEAL_WINDOW_SECONDS; after that it is not restarted until it is released',
    ),
  AUTOHEAL_WINDOW_SECONDS: whole(60, 604_800).default(3_600).describe('the time in which those restarts are counted'),
} as const

export const opsSettings = { ...REGISTRY, ...AUTOHEAL }

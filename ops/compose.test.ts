import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ContainerSummary } from '../api/src/healing/docker/engine.ts'
import { LABELS, mergeTargets } from '../api/src/healing/targets/merge.ts'

const ROOT = join(import.meta.dirname, '..')

interface Service {
  image: string
  restart: string
  read_only?: boolean
  networks: string[]
  profiles?: string[]
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, unknown>
  environment?: Record<string, string>
  labels?: Record<string, string>
  stop_grace_period?: string
  healthcheck?: { interval?: string; retries?: number; test?: string[]; disable?: boolean }
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } }
}

const compose: {
  services: Record<string, Service>
  networks: Record<string, { driver?: string; internal?: boolean } | null>
} = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true })
/** Services that run until they are stopped. The others run once and end. */
const lasting = Object.entries(compose.services).filter(([, { restart }]) => restart !== 'no')

describe.each(lasting)('the service %s', (_name, service) => {
  test('is restarted, checked every 30 s with 3 retries, and limited', () => {
    expect(service.restart).toBe('unless-stopped')
    expect(service.healthcheck).toMatchObject({ interval: '30s', retries: 3 })
    expect(service.healthcheck?.test).toBeDefined()
    expect(service.deploy?.resources?.limits).toMatchObject({ cpus: expect.any(String), memory: expect.any(String) })
    // Docker refuses a CPU limit above the machine's number of CPUs.
    const cpus = service.deploy?.resources?.limits?.cpus ?? ''
    expect(Number(/:-([\d.]+)\}$/.exec(cpus)?.[1] ?? cpus)).toBeLessThanOrEqual(2)
  })
})

test('our own services cannot write to their images, and have versions by TAG', () => {
  for (const name of ['api', 'worker', 'migrate', 'settings', 'autoheal', 'web']) {
    expect(compose.services[name]).toMatchObject({
      read_only: true,
      image: expect.stringMatching(/:\$\{TAG:-latest}$/),
    })
  }
})

test('servers with data are on an internal network, and have no published ports', () => {
  expect(compose.networks.data).toEqual({ internal: true })
  for (const name of ['postgres', 'redis']) {
    expect(compose.services[name]?.networks).toEqual(['data'])
    expect(compose.services[name]?.ports).toBeUndefined()
    // Without this dependency, the servers would start with a placeholder as their password.
    expect(compose.services[name]?.depends_on).toHaveProperty('settings')
  }
})

test("only the profile autoheal gets Docker's socket, and the archive outlives containers", () => {
  const withSocket = Object.entries(compose.services).filter(([, { volumes }]) =>
    volumes?.some((volume) => volume.includes('docker.sock')),
  )
  expect(withSocket.map(([name, { profiles }]) => [name, profiles])).toEqual([['autoheal', ['autoheal']]])
  for (const name of ['api', 'worker', 'autoheal'])
    expect(compose.services[name]?.volumes).toContain('archive:/app/data/archive')
})

test('the API and the workers check the health of the web console by the URL of its own health check', () => {
  for (const name of ['api', 'worker', 'autoheal']) {
    const service = compose.services[name]
    const url = new URL(/^\$\{UI_HEALTH_URL-(.*)\}$/.exec(service?.environment?.UI_HEALTH_URL ?? '')?.[1] ?? '')
    const web = compose.services[url.hostname]
    expect(web?.healthcheck?.test?.join(' ')).toContain(`http://127.0.0.1:${url.port}${url.pathname}`)
    expect(service?.networks).toEqual(expect.arrayContaining(web?.networks ?? []))
  }
})

/** The name under which a service of the Compose file registers itself (docs/protocols.md). */
const registeredName = (name: string) => compose.services[name]?.environment?.SERVICE_NAME ?? `aetherlink-${name}`

test('auto-heal watches each of our services under the name that it registers, and Redis', () => {
  const containers = Object.entries(compose.services).map(
    ([name, { labels = {} }]): ContainerSummary => ({
      id: `id-${name}`,
      name: `aetherlink-${name}-1`,
      labels: { ...labels, [LABELS.composeService]: name },
    }),
  )
  const registered = ['api', 'worker', 'autoheal', 'web'].map((name) => ({
    name: registeredName(name),
    healthUrl: null,
    dependsOn: [],
  }))
  expect(new Set(registered.map(({ name }) => name)).size).toBe(4)
  const targets = mergeTargets({ configured: [], endpoints: {}, containers, registered, ownId: 'id-autoheal' })
  expect(
    Object.fromEntries(targets.map(({ container, services, isSelf }) => [container, { services, isSelf }])),
  ).toEqual({
    'aetherlink-api-1': { services: ['aetherlink-api'], isSelf: false },
    'aetherlink-worker-1': { services: ['aetherlink-worker'], isSelf: false },
    'aetherlink-autoheal-1': { services: ['aetherlink-autoheal'], isSelf: true },
    'aetherlink-web-1': { services: ['aetherlink-web'], isSelf: false },
    'aetherlink-redis-1': { services: [], isSelf: false },
  })
  // A restart by auto-heal gives a container as long to stop as Compose does.
  for (const { container, stopSeconds } of targets) {
    const grace = compose.services[container.replace(/^aetherlink-|-1$/g, '')]?.stop_grace_period
    expect(stopSeconds).toBe(grace === undefined ? undefined : Number.parseInt(grace, 10))
  }
})

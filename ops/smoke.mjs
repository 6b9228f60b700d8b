import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

/**
 * Checks a running installation from outside: probes, the health of the platform, sign-in, a published event that arrives
 * signed, and a dead letter that a replay delivers. The script creates its own webhook and deletes it at the end.
 *
 *   AETHERLINK_URL        the API; default http://127.0.0.1:8010
 *   AETHERLINK_WEB_URL    the web console; default http://127.0.0.1:3000; empty to skip it
 *   AETHERLINK_ADMIN_KEY  an admin key; default: the one in .env
 *   SMOKE_COMPONENTS      the components of the platform that must be healthy; default postgres,redis. With Compose also web.
 *   SMOKE_HEAL_CONTAINER  a container to restart, which auto-heal watches (label aetherlink.autoheal=true); unset to skip it
 *   SMOKE_RECEIVER_HOST   the host name by which workers reach this machine; default 127.0.0.1 (WEBHOOK_ALLOWED_CIDRS must allow it)
 */

const API = process.env.AETHERLINK_URL ?? 'http://127.0.0.1:8010'
const WEB = process.env.AETHERLINK_WEB_URL ?? 'http://127.0.0.1:3000'
const RECEIVER_HOST = process.env.SMOKE_RECEIVER_HOST ?? '127.0.0.1'
const KEY = process.env.AETHERLINK_ADMIN_KEY ?? keyFromEnvFile()
const COMPONENTS = (process.env.SMOKE_COMPONENTS ?? 'postgres,redis').split(',')
const HEAL_CONTAINER = process.env.SMOKE_HEAL_CONTAINER
const LIMIT_MS = 60_000

/** The status that the receiver answers, and the requests that it received. */
let answerStatus = 200
/** @type {{ id: string, timestamp: string, signature: string, body: string }[]} */
const received = []

const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const header = (/** @type {string} */ name) => String(request.headers[name])
    received.push({
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body,
    })
    response.writeHead(answerStatus).end()
  })
})

/** @type {string | undefined} */
let webhookId
try {
  if (!KEY) throw new Error('AETHERLINK_ADMIN_KEY is not set, and .env has none')
  await step('API: /health and /ready', async () => {
    expect((await fetch(`${API}/health`)).status, 200)
    expect((await fetch(`${API}/ready`)).status, 200)
  })
  await step('API: a wrong key is refused', async () => {
    const response = await post('{ viewer { roles } }', {}, 'alk_wrong-key-of-the-smoke-test')
    expect(response.status, 401)
  })
  await step('API: the admin key signs in', async () => {
    const { viewer } = await run('{ viewer { roles } }')
    expect(viewer.roles.includes('ADMIN'), true)
  })
  await step(`Platform: ${COMPONENTS.join(', ')} are healthy`, async () => {
    const { platformHealth } = await run('{ platformHealth { components { name status message } } }')
    for (const name of COMPONENTS) {
      const component = platformHealth.components.find((/** @type {{ name: string }} */ one) => one.name === name)
      if (component?.status !== 'OK') throw new Error(`${name}: ${JSON.stringify(component ?? 'not a component')}`)
    }
  })
  if (WEB) {
    await step('Web: it is up, and leads strangers to the sign-in', async () => {
      expect((await fetch(`${WEB}/health.json`)).status, 200)
      const page = await fetch(`${WEB}/deliveries`)
      expect(new URL(page.url).pathname, '/sign-in')
    })
  }

  const port = await listen()
  const type = `smoke.checked.r${Date.now()}`
  const { createWebhook } = await run(
    'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }',
    {
      input: {
        name: 'smoke test',
        url: `http://${RECEIVER_HOST}:${port}/`,
        eventTypes: [type],
        retrySchedule: [],
      },
    },
  )
  webhookId = createWebhook.webhook.id

  await step('A published event is delivered, signed', async () => {
    const eventId = await publish(type)
    const request = await until('the delivery', () => received.find(({ id }) => id === eventId))
    const key = Buffer.from(createWebhook.secret.replace('whsec_', ''), 'base64')
    const content = `${request.id}.${request.timestamp}.${request.body}`
    const signature = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
    expect(request.signature, signature)
  })
  await step('A dead letter is delivered by a replay', async () => {
    answerStatus = 500
    const eventId = await publish(type)
    const dead = await until('the dead letter', async () => {
      const { deliveries } = await run(
        'query ($webhooks: [ID!]) { deliveries(filter: { webhookIds: $webhooks, statuses: [DEAD_LETTER] }) { nodes { id } } }',
        { webhooks: [webhookId] },
      )
      return deliveries.nodes[0]
    })
    answerStatus = 200
    const before = received.length
    await run('mutation ($id: ID!) { replayDelivery(id: $id) { delivery { id } } }', { id: dead.id })
    await until('the replay', () => received.slice(before).find(({ id }) => id === eventId))
  })
  if (HEAL_CONTAINER) {
    await step('Auto-heal restarts a container', async () => {
      const target = await until('the container among the targets', async () => {
        const { autoHeal } = await run('{ autoHeal { targets { id container } } }')
        return autoHeal.targets.find(
          (/** @type {{ container: string }} */ { container }) => container === HEAL_CONTAINER,
        )
      })
      const { healNow } = await run('mutation ($id: ID!) { healNow(targetId: $id) { attempt { id } } }', {
        id: target.id,
      })
      const ended = await until('the end of the attempt', async () => {
        const { node } = await run('query ($id: ID!) { node(id: $id) { ... on HealAttempt { outcome message } } }', {
          id: healNow.attempt.id,
        })
        return node.outcome ? node : undefined
      })
      expect(ended.outcome, 'SUCCEEDED')
    })
  }
  console.log('the installation works')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (webhookId) await run('mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId } }', { id: webhookId })
  receiver.close()
  receiver.closeAllConnections()
}

function keyFromEnvFile() {
  const path = join(import.meta.dirname, '../.env')
  if (!existsSync(path)) return undefined
  return /^AETHERLINK_ADMIN_KEY=(.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
}

/**
 * @param {string} name
 * @param {() => Promise<void>} check
 */
async function step(name, check) {
  try {
    await check()
    console.log(`ok    ${name}`)
  } catch (error) {
    throw new Error(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`)
  }
}

/** @returns {Promise<number>} the port */
function listen() {
  return new Promise((resolve, reject) => {
    receiver.once('error', reject)
    receiver.listen(0, '0.0.0.0', () => {
      const address = receiver.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}

/** @param {string} type */
async function publish(type) {
  const { publishEvent } = await run(
    'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
    { input: { type, source: 'smoke-test', payload: { at: new Date().toISOString() } } },
  )
  return publishEvent.event.id
}

/**
 * @param {string} query
 * @param {object} [variables]
 * @param {string} [key]
 */
function post(query, variables = {}, key = KEY) {
  return fetch(`${API}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  })
}

/**
 * Runs an operation and returns its data. Throws its first error.
 * @param {string} query
 * @param {object} [variables]
 */
async function run(query, variables) {
  const response = await post(query, variables)
  const { data, errors } = await response.json()
  if (errors) throw new Error(`${errors[0].extensions?.code}: ${errors[0].message}`)
  return data
}

/**
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} probe
 * @returns {Promise<NonNullable<T>>}
 */
async function until(what, probe) {
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
    const answer = await probe()
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`timed out after ${LIMIT_MS / 1_000} s waiting for ${what}`)
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function expect(actual, expected) {
  if (actual !== expected) throw new Error(`got ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`)
}

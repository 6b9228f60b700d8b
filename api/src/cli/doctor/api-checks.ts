import { graphql } from '../../../../codegen/gql-cli/index.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { count, duration, milliseconds } from '../output/text.ts'
import type { Api } from '../session/api.ts'
import { asFailure } from '../session/failure.ts'
import { type Check, clockCheck, failed, good, guarded, warning } from './check.ts'

const Who = graphql(`
  query CliDoctorViewer {
    viewer { roles tenantId actor { kind name id } }
  }
`)

const State = graphql(`
  query CliDoctorState {
    platformHealth {
      components { name status message }
      services { name status lastError }
    }
    deliveryStats { pending held unrecovered nearFailure }
    deliveries(filter: { statuses: [PENDING] }, last: 1) { nodes { id createdAt holdReason } }
    webhooks(filter: { states: [DISABLED] }, first: 5) { totalCount nodes { id name disabledReason } }
  }
`)

const Pruning = graphql(`
  query CliDoctorRetention {
    retention { nextPruneAt lastPrune { id scopes { scope error } } }
  }
`)

const TIMEOUT_MS = 10_000
/** If a delivery has waited for longer than this and nothing holds it, no worker is processing it. */
const LATE_DELIVERY_MS = 60_000
const LATE_PRUNING_MS = 3_600_000

/** Checks an installation through its API, with the configured key. */
export async function apiChecks(api: Api): Promise<Check[]> {
  const process = await processChecks(api)
  if (process.some(({ status }) => status === 'FAILED')) return process
  const identity = await identityChecks(api)
  if (identity.some(({ status }) => status === 'FAILED')) return [...process, ...identity]
  return [...process, ...identity, ...(await stateChecks(api)), ...(await pruningChecks(api))]
}

async function processChecks(api: Api): Promise<Check[]> {
  const advice = 'start the API, or set AETHERLINK_URL (or --url) to its address'
  return guarded('api', advice, async () => {
    const began = Date.now()
    const response = await api.get('/health', AbortSignal.timeout(TIMEOUT_MS))
    const took = Date.now() - began
    const body: unknown = await response.json().catch(() => null)
    if (!response.ok || typeof body !== 'object' || body === null || !('version' in body))
      return [
        failed('api', `${api.url}/health answered HTTP ${response.status}, but not with the API's response`, advice),
      ]
    const version = String(body.version)
    const checks = [good('api', `${api.url}, version ${version}, answers in ${milliseconds(took)}`)]
    if (version !== packageJson.version)
      checks.push(
        warning(
          'version',
          `the API is ${version}, this command ${packageJson.version}`,
          'use the command of that version',
        ),
      )
    const date = Date.parse(response.headers.get('date') ?? '')
    // The time in an HTTP header has a precision of one second.
    if (!Number.isNaN(date)) checks.push(clockCheck('clock of the API', date, began + took / 2, 1_000 + took))
    return checks
  })
}

const identityChecks = (api: Api): Promise<Check[]> =>
  guarded('key', 'set AETHERLINK_KEY to an API key that is neither expired nor revoked', async () => {
    const { viewer } = await api.run(Who, {})
    const name = viewer.actor.name ?? viewer.actor.id
    return [good('key', `${name}: ${viewer.roles.join(', ')}, ${viewer.tenantId ?? 'every tenant'}`)]
  })

const stateChecks = (api: Api): Promise<Check[]> =>
  guarded('installation', 'read the log of the API', async () => {
    const { platformHealth, deliveryStats, deliveries, webhooks } = await api.run(State, {})
    const checks = platformHealth.components.map(({ name, status, message }): Check => {
      if (status === 'DOWN') return failed(name, message ?? 'is down', adviceFor(name))
      if (status === 'DEGRADED') return warning(name, message ?? 'is degraded', adviceFor(name))
      return good(name, message ?? status.toLowerCase())
    })
    for (const { name, status, lastError } of platformHealth.services) {
      if (status === 'DOWN')
        checks.push(
          warning(`service ${name}`, lastError ?? 'is down', 'start it, or unregister it if it is not coming back'),
        )
    }
    const [oldest] = deliveries.nodes
    const age = oldest && oldest.holdReason === null ? Date.now() - Date.parse(oldest.createdAt) : 0
    const backlog = `${count(deliveryStats.pending)} waiting, ${count(deliveryStats.held)} of them held`
    checks.push(
      age > LATE_DELIVERY_MS
        ? failed(
            'deliveries',
            `${backlog}; ${oldest?.id} waits for ${duration(age)}`,
            'start a worker, or more of them',
          )
        : good('deliveries', backlog),
    )
    if (deliveryStats.unrecovered > 0)
      checks.push(
        warning(
          'dead letters',
          `${count(deliveryStats.unrecovered)} that no replay has recovered`,
          'aetherlink deliveries list --recovered false',
        ),
      )
    if (webhooks.totalCount > 0) {
      const names = webhooks.nodes.map(
        ({ id, name, disabledReason }) => `${id} ${name} (${disabledReason ?? 'by a user'})`,
      )
      checks.push(
        warning('disabled webhooks', names.join('; '), 'fix the receiver, then run aetherlink webhooks resume ID'),
      )
    }
    return checks
  })

function adviceFor(component: string): string {
  if (component === 'postgres') return 'check DATABASE_URL, the server and its disk'
  if (component === 'redis') return 'check REDIS_URL and the server; meanwhile deliveries are late but not lost'
  if (component === 'web') return 'start the web console, or correct UI_HEALTH_URL'
  if (component === 'docker') return 'check DOCKER_HOST and the permission to use its socket; docs/autoheal.md'
  return 'start a worker, or more of them'
}

async function pruningChecks(api: Api): Promise<Check[]> {
  try {
    const { lastPrune, nextPruneAt } = (await api.run(Pruning, {})).retention
    const kept = lastPrune?.scopes.find(({ error }) => error !== null)
    if (kept) return [warning('pruning', `${kept.scope}: ${kept.error}`, 'aetherlink retention prune shows all of it')]
    const late = nextPruneAt === null ? 0 : Date.now() - Date.parse(nextPruneAt)
    if (late > LATE_PRUNING_MS) return [warning('pruning', `is late by ${duration(late)}`, 'start a worker')]
    return [good('pruning', lastPrune ? 'the last run pruned everything that had expired' : 'has not run yet')]
  } catch (error) {
    const { details, message } = asFailure(error)
    // The key of a tenant may not see the retention of the installation.
    return details.code === 'FORBIDDEN' ? [] : [failed('pruning', message, 'read the log of the API')]
  }
}

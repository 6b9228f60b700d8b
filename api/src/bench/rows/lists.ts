import { publicId } from '../../kit/ids.ts'
import { type Figure, percentile } from '../figures.ts'
import type { Row } from '../row.ts'
import type { Stack } from '../stack.ts'
import { seed, TENANT, WEBHOOK_UUID } from './lists-seed.ts'

const MANY = 5_000_000
const FEW = 100_000
const REQUESTS = 40
/** The first requests plan statements and get the code compiled, so they are not measured. */
const WARM_UP = 3

const LIST =
  'nodes { id status eventType targetUrl attemptCount lastError createdAt webhook { name } } pageInfo { endCursor }'
const STATS = `pending nearFailure delivered failed deadLetter successRate oldestPendingAt deliveredPerSecond latencyP95Ms
  timeline(buckets: 60) { start delivered failed deadLetter }`
const CAUSE = 'webhook { name } errorKind unrecovered open likelihood timeline(buckets: 24) { start failed delivered }'
const EVENT = 'nodes { id type source severity subject receivedAt payload }'
const EVENT_STATS =
  'total last24h bySeverity { severity count } byType { name count } timeline(buckets: 60) { start count errors }'

/** Queries that the web console sends, by figure. */
const KINDS: Record<'list' | 'stats' | 'causes' | 'search', Record<string, string>> = {
  list: {
    'last hour': `deliveries(filter: { window: LAST_1H }) { ${LIST} }`,
    all: `deliveries { ${LIST} }`,
    'dead letters': `deliveries(filter: { statuses: [DEAD_LETTER] }) { ${LIST} }`,
    'a webhook': `deliveries(filter: { webhookIds: ["${publicId('whk', WEBHOOK_UUID)}"] }) { ${LIST} }`,
    'a tenant': `deliveries(filter: { tenantId: "${TENANT}" }) { ${LIST} }`,
  },
  stats: {
    'deliveries, last hour': `deliveryStats(filter: { window: LAST_1H }) { ${STATS} }`,
    'deliveries, all': `deliveryStats { ${STATS} }`,
    'events, all': `eventStats { ${EVENT_STATS} }`,
  },
  causes: {
    all: `failureCauses { ${CAUSE} }`,
    'a tenant': `failureCauses(tenantId: "${TENANT}") { ${CAUSE} }`,
  },
  search: {
    frequent: `events(filter: { search: "springfield" }) { ${EVENT} }`,
    rare: `events(filter: { search: "\\"order\\":1234," }) { ${EVENT} }`,
    absent: `events(filter: { search: "zebra-crossing" }) { ${EVENT} }`,
    'within a tenant': `events(filter: { tenantId: "${TENANT}", search: "\\"order\\":1239," }) { ${EVENT} }`,
    'deliveries by webhook': `deliveries(filter: { search: "hook 3" }) { ${LIST} }`,
    'deliveries by error': `deliveries(filter: { search: "Service Unavailable" }) { ${LIST} }`,
    "another tenant's": `events(filter: { tenantId: "${TENANT}", search: "\\"order\\":1234," }) { ${EVENT} }`,
  },
}

/** The first queries of a page, with 100,000 and with five million rows. Both should take the same time. */
export const lists: Row = {
  name: 'lists',
  once: true,
  async run(stack, { scale, advance }) {
    const many = Math.max(FEW, Math.round(MANY * scale))
    await seed(stack, FEW)
    const few = await measure(stack)
    advance(0.2)
    await seed(stack, many)
    advance(0.9)
    const full = await measure(stack)
    return Object.keys(KINDS).map((name): Figure => {
      const worst = slowest(full[name]!)
      const before = slowest(few[name]!)
      const spread = Object.entries(full[name]!).map(([kind, p95]) => `${kind} ${p95.toFixed(0)}`)
      return {
        name: `lists-${name}`,
        what: `${name} at ${many.toLocaleString('en')} rows, p95 of the slowest (${spread.join(', ')})`,
        unit: 'ms',
        value: worst,
        limit: { what: `the same at ${FEW.toLocaleString('en')}`, value: before },
        goal: { value: 50, atMost: true },
      }
    })
  },
}

const slowest = (kinds: Record<string, number>) => Math.max(...Object.values(kinds))

/** The p95 (ms) of each query. Queries run one after the other. */
async function measure(stack: Stack): Promise<Record<string, Record<string, number>>> {
  const measured: Record<string, Record<string, number>> = {}
  for (const [name, kinds] of Object.entries(KINDS)) {
    measured[name] = {}
    for (const [kind, selection] of Object.entries(kinds)) {
      const taken: number[] = []
      for (let i = 0; i < WARM_UP; i++) await stack.graphql(`{ ${selection} }`)
      for (let i = 0; i < REQUESTS; i++) {
        const at = performance.now()
        await stack.graphql(`{ ${selection} }`)
        taken.push(performance.now() - at)
      }
      measured[name][kind] = percentile(taken, 95)
    }
  }
  return measured
}

import { alternate, bySide, comparePublishing, mediansOf } from '../compare.ts'
import type { Figure } from '../figures.ts'
import { createWebhook, deleteWebhook, freshTenant, publishAll, type Row, recorded, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

/** With tracing off, with the default sampler (a tenth of the traces), and with every span exported. */
type Side = 'off' | 'sampled' | 'all'
type Measured = Record<Side, number>
type Settings = Record<Side, Record<string, string>>
type Delivered = Record<'perSecond' | 'cpuSeconds', Measured>
const SIDES: readonly Side[] = ['off', 'sampled', 'all']
/** The cost of tracing may be 5 %. */
const MOST_COST = 0.05

/**
 * The cost of tracing: publishEvent with an API that exports spans, and deliveries with such a worker, each compared with
 * one without tracing. The receiver of the spans reads them and answers 202. It shares the cores with everything else, so
 * deliveries/s contain its cost too; the CPU time of the worker does not, and depends less on the load of the machine.
 */
export const tracing: Row = {
  name: 'tracing',
  async run(stack, { scale, advance }) {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: stack.bareOrigin }
    const settings = { off: {}, sampled: endpoint, all: { ...endpoint, OTEL_TRACES_SAMPLER: 'always_on' } }
    const published = await publishing(stack, settings, Math.max(500, Math.round(6_000 * scale)), (part) =>
      advance(part / 2),
    )
    const delivered = await delivering(stack, settings, Math.max(500, Math.round(5_000 * scale)), (part) =>
      advance((1 + part) / 2),
    )
    return (['sampled', 'all'] as const).flatMap((side) => figuresOf(side, published, delivered))
  },
}

/** The figures of one way of tracing, relative to no tracing. */
function figuresOf(side: 'sampled' | 'all', published: Measured, delivered: Delivered): Figure[] {
  const how = side === 'all' ? 'with every span exported' : 'with the default sampler'
  const atLeast = (measured: Measured) => ({
    unit: 'of without',
    value: measured[side] / measured.off,
    limit: null,
    goal: { value: 1 - MOST_COST, atMost: false },
  })
  return [
    { name: 'tracing', what: `publishEvent mutations/s ${how}, to those without tracing`, ...atLeast(published) },
    {
      name: 'tracing',
      what: `deliveries/s, published to recorded, ${how}, to those without tracing`,
      ...atLeast(delivered.perSecond),
    },
    {
      name: 'tracing',
      what: `CPU time of the worker per 1,000 deliveries, ${how}`,
      unit: 's',
      value: delivered.cpuSeconds[side],
      limit: { what: 'without tracing', value: delivered.cpuSeconds.off },
      goal: { value: (1 + MOST_COST) * delivered.cpuSeconds.off, atMost: true },
    },
  ]
}

/** Mutations/s. */
const publishing = async (
  stack: Stack,
  settings: Settings,
  total: number,
  advance: (part: number) => void,
): Promise<Measured> => {
  const origins: [Side, string][] = []
  for (const side of SIDES) origins.push([side, await stack.anotherApi('server.js', settings[side])])
  return comparePublishing(stack, Object.fromEntries(origins) as Record<Side, string>, total, advance)
}

/** Deliveries/s of events that are published in batches, and the CPU seconds of the worker per 1,000 of them. */
async function delivering(
  stack: Stack,
  settings: Settings,
  total: number,
  advance: (part: number) => void,
): Promise<Delivered> {
  const deliver = async () => {
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const events = Array.from({ length: total }, (_, i) => sample(tenantId, i))
    const started = performance.now()
    const cpu = stack.workerCpuSeconds()
    await publishAll(stack, events)
    await recorded(stack, tenantId, total, 60_000, () => {})
    const perSecond = total / ((performance.now() - started) / 1_000)
    const cpuSeconds = (stack.workerCpuSeconds() - cpu) / (total / 1_000)
    await deleteWebhook(stack, webhook)
    return { perSecond, cpuSeconds }
  }
  const measured = await alternate(
    SIDES,
    async (side) => {
      await stack.killWorkers()
      await stack.startWorker(settings[side])
      // The first deliveries open connections and get the code compiled, so they are not measured.
      await deliver()
      return deliver()
    },
    advance,
  )
  const medians = (figure: keyof Delivered) =>
    mediansOf(bySide(SIDES, (side) => measured[side].map((one) => one[figure])))
  return { perSecond: medians('perSecond'), cpuSeconds: medians('cpuSeconds') }
}

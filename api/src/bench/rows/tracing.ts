import { alternate, comparePublishing, mediansOf } from '../compare.ts'
import { createWebhook, deleteWebhook, freshTenant, publishAll, type Row, recorded, sample } from '../row.ts'
import type { Stack } from '../stack.ts'

/**
 * The cost of tracing: publishEvent with an API that exports every span, and deliveries with such a worker, each compared with
 * one without tracing. The receiver of the spans reads them and answers 202. It shares the cores with everything else, so
 * deliveries/s contain its cost too; the CPU time of the worker does not, and depends less on the load of the machine.
 */
export const tracing: Row = {
  name: 'tracing',
  async run(stack, { scale, advance }) {
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: stack.bareOrigin, OTEL_TRACES_SAMPLER: 'always_on' }
    const published = await publishing(stack, on, Math.max(500, Math.round(6_000 * scale)), (part) => advance(part / 2))
    const delivered = await delivering(stack, on, Math.max(500, Math.round(5_000 * scale)), (part) =>
      advance((1 + part) / 2),
    )
    return [
      {
        name: 'tracing',
        what: 'publishEvent mutations/s with every span exported, to those without tracing',
        unit: 'of without',
        value: published.on / published.off,
        limit: null,
        goal: { value: 0.95, atMost: false },
      },
      {
        name: 'tracing',
        what: 'deliveries/s, published to recorded, with every span exported, to those without tracing',
        unit: 'of without',
        value: delivered.perSecond.on / delivered.perSecond.off,
        limit: null,
        goal: { value: 0.95, atMost: false },
      },
      {
        name: 'tracing',
        what: 'CPU time of the worker per 1,000 deliveries, with every span exported',
        unit: 's',
        value: delivered.cpuSeconds.on,
        limit: { what: 'without tracing', value: delivered.cpuSeconds.off },
        goal: { value: 1.05 * delivered.cpuSeconds.off, atMost: true },
      },
    ]
  },
}

type Measured = Record<'on' | 'off', number>

/** Mutations/s. */
const publishing = async (
  stack: Stack,
  env: Record<string, string>,
  total: number,
  advance: (part: number) => void,
): Promise<Measured> =>
  comparePublishing(
    stack,
    { on: await stack.anotherApi('server.js', env), off: await stack.anotherApi('server.js', {}) },
    total,
    advance,
  )

/** Deliveries/s of events that are published in batches, and the CPU seconds of the worker per 1,000 of them. */
async function delivering(
  stack: Stack,
  env: Record<string, string>,
  total: number,
  advance: (part: number) => void,
): Promise<Record<'perSecond' | 'cpuSeconds', Measured>> {
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
    ['on', 'off'],
    async (which) => {
      await stack.killWorkers()
      await stack.startWorker(which === 'on' ? env : {})
      // The first deliveries open connections and get the code compiled, so they are not measured.
      await deliver()
      return deliver()
    },
    advance,
  )
  const of = (figure: 'perSecond' | 'cpuSeconds') =>
    mediansOf({ on: measured.on.map((one) => one[figure]), off: measured.off.map((one) => one[figure]) })
  return { perSecond: of('perSecond'), cpuSeconds: of('cpuSeconds') }
}

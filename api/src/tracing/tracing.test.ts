import { pino } from 'pino'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makeRule, publishMany } from '../../test/features/alerts.ts'
import { createSender, event } from '../../test/features/cloudevents.ts'
import { ACME, makeWebhook, publish } from '../../test/features/deliveries.ts'
import { startTestApp, type TestApp, until } from '../../test/harness.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../../test/servers/otlp-receiver.ts'
import { type Receiver, startReceiver, status } from '../../test/servers/receivers.ts'
import { parseEnv, SettingsError } from '../env.ts'
import { createTracing } from './create-tracing.ts'
import { noTracing } from './tracing.ts'

const REQUIRED = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
}
/** Without it, a tenth of the traces that begin here is recorded. */
const EVERY_TRACE = { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

afterEach(() => vi.unstubAllEnvs())

/** The tracing of a process with these settings, and the lines that it logs. */
async function tracingOf(settings: Record<string, string>) {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  return { tracing: await createTracing(parseEnv({ ...REQUIRED, ...settings }), 'api', log), logged }
}

describe('tracing', () => {
  test.each([
    ['without an endpoint', {}],
    ['with an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['when the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }],
    ['without an exporter', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' }],
  ])('is off %s', async (_, settings) => {
    expect((await tracingOf(settings)).tracing).toBe(noTracing)
  })

  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
  ])('does not start with a wrong %s', (name, value) => {
    const start = () => parseEnv({ ...REQUIRED, [name]: value })
    expect(start).toThrow(SettingsError)
    expect(start).toThrow(name)
  })
})

describe('the sampler', () => {
  /** How many of 2,000 traces are recorded whose first span has this parent. */
  async function recorded(settings: Record<string, string>, parent: string | null): Promise<number> {
    const { tracing } = await tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', ...settings })
    const spans = Array.from({ length: 2_000 }, () =>
      tracing.start('publish', () => ({
        kind: 'producer',
        parent: parent === null ? null : { traceparent: parent, tracestate: null },
        attributes: {},
      })),
    )
    // The spans are not ended, so that nothing is exported.
    await tracing.close()
    return spans.filter((span) => span?.trace.traceparent.endsWith('-01')).length
  }

  test('follows the publisher, and records a tenth of the traces that begin here', async () => {
    expect(await recorded({}, `00-${TRACE}-${PARENT}-01`)).toBe(2_000)
    expect(await recorded({}, `00-${TRACE}-${PARENT}-00`)).toBe(0)
    const share = await recorded({}, null)
    expect(share).toBeGreaterThan(100)
    expect(share).toBeLessThan(350)
  })

  test.each([
    ['always_on', {}, 2_000],
    ['always_off', {}, 0],
    ['parentbased_always_on', {}, 2_000],
    ['parentbased_always_off', {}, 0],
    ['traceidratio', { OTEL_TRACES_SAMPLER_ARG: '1' }, 2_000],
    ['parentbased_traceidratio', { OTEL_TRACES_SAMPLER_ARG: '0' }, 0],
  ])('%s with %j records %i of 2,000 traces that begin here', async (OTEL_TRACES_SAMPLER, argument, count) => {
    expect(await recorded({ OTEL_TRACES_SAMPLER, ...argument }, null)).toBe(count)
  })
})

/** Runs `work` on an API and a worker with tracing, stops them, and returns the spans that arrived by then. */
async function spansOf(
  settings: Record<string, string>,
  work: (app: TestApp, receiver: Receiver) => Promise<void>,
): Promise<OtlpReceiver> {
  const otlp = await startOtlpReceiver()
  const receiver = await startReceiver()
  try {
    const { tracing } = await tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url, ...EVERY_TRACE, ...settings })
    const app = await startTestApp({ worker: true, tracing })
    try {
      await makeWebhook(app, { url: `${receiver.url}/secret-path`, eventTypes: ['traced.*'], retrySchedule: [1] })
      await work(app, receiver)
    } finally {
      await app.stop()
    }
  } finally {
    await receiver.close()
    await otlp.close()
  }
  return otlp
}

const arrival = (receiver: Receiver, id: string, count = 1) =>
  until('it arrives', () => {
    const those = receiver.requests.filter(({ headers }) => headers['webhook-id'] === id)
    return those.length >= count && those
  })

const PUBLISH = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id traceId } } }'
const input = { type: 'traced.created', source: 'shop' }

describe('a receiver of OTLP', () => {
  test('gets the spans of a request, its publish and the attempts in the trace of the caller', async () => {
    let ids: string[] = []
    let parents: string[] = []
    let line: Record<string, unknown> = {}
    const settings = {
      OTEL_SERVICE_NAME: 'aether',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=abc%20d',
    }
    const otlp = await spansOf(settings, async (app, receiver) => {
      let failed = 0
      receiver.behave((exchange) => (failed++ === 0 ? status(503) : status(200))(exchange))
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=1', 'x-request-id': 'traced' }
      const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string; traceId: string } } }>(
        PUBLISH,
        { input },
        { as: ACME, headers },
      )
      expect(publishEvent.event.traceId).toBe(TRACE)
      const arrived = await arrival(receiver, publishEvent.event.id, 2)
      expect(arrived.map(({ headers: { tracestate } }) => tracestate)).toEqual(['a=1', 'a=1'])
      parents = arrived.map(({ headers: { traceparent } }) => String(traceparent).slice(36, 52))
      ids = [publishEvent.event.id]
      line = await until('its line', () => app.requests.find(({ request_id }) => request_id === 'traced'))
    })
    expect(line.trace_id).toBe(TRACE)
    expect(new Set(otlp.requests.map(({ path, headers }) => `${path} ${headers['x-token']}`))).toEqual(
      new Set(['/v1/traces abc d']),
    )
    const spans = otlp.spans.filter(({ traceId }) => traceId === TRACE)
    const [request, published, first, second] = ['POST /graphql', 'publish', 'deliver', 'deliver'].map(
      (name, i) => spans.filter((span) => span.name === name)[i === 3 ? 1 : 0],
    )
    expect(spans).toHaveLength(4)
    expect(request).toMatchObject({
      kind: 2,
      parentSpanId: PARENT,
      attributes: {
        'http.route': '/graphql',
        'http.response.status_code': 200,
        'aetherlink.request.id': 'traced',
        'aetherlink.operation': 'publishEvent',
        'aetherlink.tenant.id': 'tenant-acme',
      },
      resource: {
        'service.name': 'aether',
        'deployment.environment.name': 'test',
        'service.version': expect.any(String),
      },
    })
    expect(published).toMatchObject({
      kind: 4,
      parentSpanId: request!.spanId,
      attributes: { 'messaging.message.id': ids[0], 'aetherlink.event.type': 'traced.created' },
    })
    expect(first).toMatchObject({
      kind: 3,
      parentSpanId: published!.spanId,
      status: { code: 2 },
      attributes: {
        'http.response.status_code': 503,
        'error.type': 'HTTP_5XX',
        'aetherlink.attempt.number': 1,
        'aetherlink.webhook.id': expect.stringMatching(/^whk_/),
        'aetherlink.delivery.id': expect.stringMatching(/^dlv_/),
        'messaging.message.id': ids[0],
      },
    })
    expect(second).toMatchObject({
      parentSpanId: published!.spanId,
      status: { code: 0 },
      attributes: { 'http.response.status_code': 200, 'aetherlink.attempt.number': 2 },
    })
    expect(parents).toEqual([first!.spanId, second!.spanId])
    // The URL of a receiver may be its secret.
    expect(JSON.stringify(otlp.spans)).not.toContain('secret-path')
  })

  test('gets a new trace of an event without one, and the trace of a CloudEvent that has its own', async () => {
    const own = `00-${'c'.repeat(32)}-${PARENT}-01`
    let traceId = ''
    const otlp = await spansOf({}, async (app, receiver) => {
      await arrival(receiver, await publish(app, { type: 'traced.untraced' }))
      const to = createSender(app)
      const { body } = await to.structured(event('own', { type: 'traced.own', traceparent: own }), { as: ACME })
      await arrival(receiver, body.id)
      expect(await to.stored(body.id)).toMatchObject({ traceParent: own })
      const batch = [1, 2].map((n) =>
        event(`batch-${n}`, { type: 'traced.batch', ...(n === 2 && { traceparent: own }) }),
      )
      const { body: answer } = await to.batch(batch, { as: ACME })
      for (const { id } of answer.results!) await arrival(receiver, id!)
      const [first] = await app.sql<{ trace: string }>(
        "SELECT trace_parent AS trace FROM events WHERE type = 'traced.untraced'",
      )
      traceId = first!.trace.slice(3, 35)
    })
    const namesIn = (id: string) =>
      otlp.spans
        .filter((span) => span.traceId === id)
        .map(({ name }) => name)
        .toSorted()
    expect(namesIn(traceId)).toEqual(['POST /graphql', 'deliver', 'publish'])
    expect(namesIn('c'.repeat(32))).toEqual(['deliver', 'deliver', 'publish'])
    const ofOwn = otlp.spans.filter((span) => span.traceId === 'c'.repeat(32))
    expect(ofOwn.map(({ parentSpanId }) => parentSpanId)).toEqual([PARENT, PARENT, PARENT])
    const request = otlp.spans.find(
      ({ spanId }) => spanId === ofOwn.find(({ name }) => name === 'publish')!.links[0]?.spanId,
    )
    expect(request?.name).toBe('POST /events')
    const ofBatch = otlp.spans.find(({ attributes }) => attributes['messaging.batch.message_count'] === 2)
    expect(ofBatch?.links).toMatchObject([{ traceId: 'c'.repeat(32), spanId: PARENT }])
    expect(otlp.spans[0]?.resource['service.name']).toBe('aetherlink-api')
  })

  test('gets the publish of an event that AetherLink stores in a transaction, and its delivery in the same trace', async () => {
    const otlp = await spansOf({}, async (app, receiver) => {
      await makeWebhook(app, { url: receiver.url, eventTypes: ['ops.alert.raised'] })
      await makeRule(app, { eventType: 'job.failed', threshold: 1 })
      await publishMany(app, 1)
      await until('the alert arrives', () =>
        receiver.requests.some(({ body }) => String(body).includes('ops.alert.raised')),
      )
    })
    const ofAlert = otlp.spans.filter(({ attributes }) => attributes['aetherlink.event.type'] === 'ops.alert.raised')
    const publishing = ofAlert.find(({ name }) => name === 'publish')
    const delivering = ofAlert.find(({ name }) => name === 'deliver')
    expect(publishing).toMatchObject({
      kind: 4,
      attributes: { 'messaging.message.id': expect.stringMatching(/^evt_/) },
    })
    expect(delivering).toMatchObject({ traceId: publishing!.traceId, parentSpanId: publishing!.spanId })
  })

  test('gets nothing of a trace that its publisher does not record, but receivers get its id', async () => {
    const otlp = await spansOf({}, async (app, receiver) => {
      const headers = { traceparent: `00-${TRACE}-${PARENT}-00` }
      const { publishEvent } = await app.ok<{ publishEvent: { event: { id: string } } }>(
        PUBLISH,
        { input },
        { as: ACME, headers },
      )
      const [request] = await arrival(receiver, publishEvent.event.id)
      expect(request!.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`))
    })
    expect(otlp.spans.filter(({ traceId }) => traceId === TRACE)).toEqual([])
    expect(otlp.spans.length).toBeGreaterThan(0)
  })

  test('that is unavailable causes only warnings', async () => {
    const { url, close } = await startOtlpReceiver()
    await close()
    const { tracing, logged } = await tracingOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      OTEL_BSP_SCHEDULE_DELAY: '10',
      ...EVERY_TRACE,
    })
    const app = await startTestApp({ tracing })
    await publish(app)
    await until('a warning', () => logged.some((line) => line.includes('spans were not exported')))
    await publish(app)
    await app.stop()
    expect(logged.filter((line) => line.includes('some spans were not exported'))).toHaveLength(1)
  })
})

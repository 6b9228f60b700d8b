import { Pool } from 'undici'
import { generateSecret, signer } from '../../../webhooks/send/sign.ts'
import { createWebhook, deleteWebhook, freshTenant, PUBLISH_MANY, type Row, recorded, sample } from '../../row.ts'
import type { Stack } from '../../stack.ts'

const EVENTS = 20_000
const BATCH = 500
const LIMIT_CONNECTIONS = 64

/** Events published in batches to one healthy webhook, until the last outcome is stored. */
export const deliver: Row = {
  name: 'deliver',
  async run(stack, { scale, advance }) {
    const events = Math.max(BATCH, Math.round(EVENTS * scale))
    const tenantId = freshTenant()
    const webhook = await createWebhook(stack, tenantId, '/ok')
    const limit = await bareLoop(stack, events)
    advance(0.3)
    const started = performance.now()
    const publishing = (async () => {
      for (let i = 0; i < events; i += BATCH) {
        await stack.graphql(PUBLISH_MANY, { input: Array.from({ length: BATCH }, (_, k) => sample(tenantId, i + k)) })
      }
    })()
    await Promise.all([
      publishing,
      recorded(stack, tenantId, events, 120_000, (done) => advance(0.3 + (0.7 * done) / events)),
    ])
    const perSecond = events / ((performance.now() - started) / 1_000)
    await deleteWebhook(stack, webhook)
    return [
      {
        name: 'deliver',
        what: 'deliveries/s, published to recorded',
        unit: '/s',
        value: perSecond,
        limit: { what: 'bare undici loop, signed', value: limit },
        goal: { value: 5_000, atMost: false },
      },
      {
        name: 'memory',
        what: 'memory of API and worker, peak',
        unit: 'MB',
        value: stack.peakMemory() / 1e6,
        limit: null,
        goal: { value: 500, atMost: true },
      },
    ]
  },
}

/** Measures the limit: undici alone, in one process, sends the same signed body to the same receiver. */
async function bareLoop(stack: Stack, total: number): Promise<number> {
  const sign = signer(generateSecret())
  const pool = new Pool(stack.receiverOrigin, { connections: LIMIT_CONNECTIONS, pipelining: 1 })
  const body = JSON.stringify({
    ...sample('x', 1),
    id: 'evt_00000000000000000000000000',
    timestamp: new Date().toISOString(),
  })
  let next = 0
  const loop = async () => {
    while (next++ < total) {
      const id = `evt_${next}`
      const now = Math.floor(Date.now() / 1_000)
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(now),
        'webhook-signature': sign(id, now, body),
      }
      const response = await pool.request({ method: 'POST', path: '/ok', headers, body })
      await response.body.dump()
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: LIMIT_CONNECTIONS }, loop))
  const perSecond = total / ((performance.now() - started) / 1_000)
  await pool.close()
  return perSecond
}

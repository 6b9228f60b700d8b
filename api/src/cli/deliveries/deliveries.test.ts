import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUILD_MS, type Cli, startCli, TIMEOUT_MS } from '../../../test/features/cli.ts'
import { makeWebhook, publish } from '../../../test/features/deliveries.ts'
import { until } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'

let cli: Cli
let receiver: Receiver
beforeAll(async () => {
  cli = await startCli({ worker: true })
  receiver = await startReceiver()
}, BUILD_MS)
afterAll(async () => {
  await cli.close()
  await receiver.close()
})

interface DeliveryNode {
  id: string
  status: string
  holdReason: string | null
  webhook: { id: string }
}
const list = async (...args: string[]) =>
  (await cli.json<{ nodes: DeliveryNode[] }>(['deliveries', 'list', ...args])).nodes

test(
  'a dead letter is found, shown and explained',
  async () => {
    receiver.behave(status(500, {}, 'no stock'))
    const webhook = await makeWebhook(cli.app, {
      name: 'stock',
      url: receiver.url,
      eventTypes: ['stock.*'],
      retrySchedule: [],
    })
    const event = await publish(cli.app, { type: 'stock.low' })
    const filter = [
      '--webhook-ids',
      webhook.id,
      '--statuses',
      'dead_letter',
      '--error-kinds',
      'HTTP_5XX',
      '--since',
      '1h',
    ]
    await until('the dead letter', async () => (await list(...filter)).length === 1, 30_000)
    const [dead] = await list(...filter)
    expect(await list(...filter, '--status-codes', '503')).toEqual([])

    const table = await cli.run(['deliveries', 'list', '--webhook-ids', webhook.id])
    expect(table).toMatchObject({ code: 0, stderr: '' })
    const [head, row] = table.stdout.split('\n')
    expect(head).toMatch(/^ID +STATUS +TYPE +WEBHOOK +TRIES +CHANGED +WHY$/)
    expect(row).toMatch(new RegExp(`^${dead!.id}  DEAD_LETTER  stock\\.low  stock +1/1  .*500`))

    const shown = await cli.run(['deliveries', 'get', dead!.id])
    expect(shown.stdout).toContain(event)
    expect(await cli.json(['deliveries', 'get', dead!.id])).toMatchObject({
      status: 'DEAD_LETTER',
      attempts: [{ statusCode: 500, responseBody: 'no stock' }],
      forecast: { likelihood: expect.any(Number) },
    })
    for (const id of [dead!.id, event]) {
      const explained = await cli.json<{ deliveryExplanation: object[] }>(['deliveries', 'explain', id])
      expect(explained.deliveryExplanation).toContainEqual(
        expect.objectContaining({ outcome: 'FAILED', delivery: expect.objectContaining({ id: dead!.id }) }),
      )
    }
  },
  TIMEOUT_MS,
)

test(
  'a webhook is tested, paused, probed and resumed; waiting deliveries can be cancelled, and each refusal is named',
  async () => {
    receiver.behave(ok())
    const webhook = await makeWebhook(cli.app, { name: 'billing', url: receiver.url, eventTypes: ['bill.*'] })
    expect(await cli.run(['webhooks', 'test', webhook.id])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('arrived (HTTP 200'),
    })
    receiver.behave(status(503))
    expect((await cli.run(['webhooks', 'test', webhook.id])).code).toBe(1)
    receiver.behave(ok())
    expect(await cli.run(['webhooks', 'pause', webhook.id])).toMatchObject({
      code: 0,
      stdout: `${webhook.id} billing: PAUSED, 0 waiting\n`,
    })
    for (let n = 0; n < 3; n++) await publish(cli.app, { type: 'bill.made', payload: { n } })
    const held = await until('the deliveries to wait', async () => {
      const waiting = await list('--webhook-ids', webhook.id, '--hold-reasons', 'WEBHOOK_PAUSED')
      return waiting.length === 3 && waiting
    })

    const unknown = 'dlv_01h455vb4pex5vsknk084sn02q'
    const some = await cli.run(['deliveries', 'cancel', held[0]!.id, unknown, '--reason', 'withdrawn', '--json'])
    expect(some.code).toBe(6)
    expect(
      some.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { id: held[0]!.id, status: 'CANCELLED', lastError: expect.stringContaining('withdrawn') },
      { id: unknown, error: { code: 'NOT_FOUND' } },
    ])
    expect((await cli.run(['deliveries', 'cancel', held[0]!.id, '--reason', 'again'])).code).toBe(1)
    expect((await cli.run(['deliveries', 'cancel', held[0]!.id])).code).toBe(2)

    expect(await cli.run(['webhooks', 'probe', webhook.id])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is PAUSED; resume it first'),
    })
    expect(await cli.run(['webhooks', 'resume', webhook.id])).toMatchObject({ code: 0 })
    await until(
      'the rest to arrive',
      async () => (await list('--webhook-ids', webhook.id, '--statuses', 'DELIVERED')).length === 2,
      30_000,
    )
    receiver.behave(status(503))
    await publish(cli.app, { type: 'bill.made' })
    await until('a retry to wait', async () => (await list('--webhook-ids', webhook.id, '--statuses', 'FAILED')).length)
    receiver.behave(ok())
    expect(await cli.run(['webhooks', 'probe', webhook.id])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('arrived (HTTP 200'),
    })
    const webhooks = await cli.json<{ nodes: object[] }>(['webhooks', 'list', '--search', 'billing'])
    expect(webhooks.nodes).toMatchObject([{ id: webhook.id, state: 'ENABLED', circuit: 'CLOSED', backlog: 0 }])
    expect((await cli.run(['webhooks', 'get', webhook.id])).stdout).toMatch(/^state +ENABLED$/m)
  },
  TIMEOUT_MS,
)

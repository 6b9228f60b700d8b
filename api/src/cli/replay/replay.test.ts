import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BulkReplayCounts } from '../../../test/features/bulk-replay.ts'
import { makeDeadLetters } from '../../../test/features/bulk-replay.ts'
import { BUILD_MS, type Cli, createCli, startCli, TIMEOUT_MS } from '../../../test/features/cli.ts'
import { startTestApp, until } from '../../../test/harness.ts'
import { ok, type Receiver, startReceiver, status } from '../../../test/servers/receivers.ts'
import { openTcpProxy } from '../../../test/servers/tcp-proxy.ts'

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

interface Started {
  bulkReplay: BulkReplayCounts
  preview: { total: number; byWebhook: object[] }
}
const lastOf = (stdout: string): BulkReplayCounts => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')

test(
  'one delivery is replayed and watched to its end',
  async () => {
    const { ids } = await makeDeadLetters(cli.app, receiver.url, 2, { webhook: { retrySchedule: [] } })
    receiver.behave(ok())
    const arrived = await cli.run(['replay', ids[0]!, '--watch'])
    expect(arrived).toMatchObject({ code: 0, stdout: expect.stringMatching(/^dlv_\w+ DELIVERED\n$/) })
    // It has arrived: only --force replays it again.
    expect((await cli.run(['replay', ids[0]!])).code).not.toBe(0)
    receiver.behave(status(500))
    const died = await cli.run(['replay', ids[1]!, '--watch'])
    expect(died).toMatchObject({ code: 1, stdout: expect.stringMatching(/^dlv_\w+ DEAD_LETTER: .*500/) })
  },
  TIMEOUT_MS,
)

test(
  'a filter is previewed, then replayed; ids come from standard input',
  async () => {
    receiver.behave(ok())
    const { webhookId, ids } = await makeDeadLetters(cli.app, receiver.url, 20)
    const filter = ['--webhook-ids', webhookId, '--recovered', 'false']
    const before = receiver.requests.length
    expect(await cli.json<Started>(['replay', ...filter, '--dry-run'])).toMatchObject({
      bulkReplay: { status: 'DRY_RUN' },
      preview: { total: 20, byWebhook: [{ count: 20, reachable: true }] },
    })
    const shown = await cli.run(['replay', ...filter, '--dry-run'])
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('20 deliveries') })
    expect(receiver.requests.length).toBe(before)

    const some = await cli.run(['replay', '-', '--watch', '--json', '--reason', 'receiver is back'], {
      input: `${ids.slice(0, 5).join('\n')}\n`,
    })
    expect(some.code).toBe(0)
    expect(lastOf(some.stdout)).toMatchObject({
      status: 'COMPLETED',
      total: 5,
      delivered: 5,
      reason: 'receiver is back',
    })
    const rest = await cli.run(['replay', ...filter, '--watch'])
    expect(rest).toMatchObject({ code: 0, stdout: expect.stringContaining('15 of 15 replayed, 15 delivered') })
    const bodies = receiver.requests.slice(before).map(({ headers }) => headers['webhook-id'])
    expect(new Set(bodies).size).toBe(20)
    expect(bodies).toHaveLength(20)
  },
  TIMEOUT_MS,
)

test(
  'failed replays end with 6 or 1, and are listed',
  async () => {
    const { ids } = await makeDeadLetters(cli.app, receiver.url, 4, {
      webhook: { retrySchedule: [], circuitBreaker: false, maxConcurrency: 1 },
    })
    let requests = 0
    receiver.behave((exchange) => (++requests <= 2 ? ok() : status(500))(exchange))
    const part = await cli.run(['replay', ...ids, '--watch', '--json'])
    expect(part.code).toBe(6)
    const { id } = lastOf(part.stdout)
    expect(await cli.json(['replays', 'get', id, '--outcome', 'failed'])).toMatchObject({
      status: 'COMPLETED',
      delivered: 2,
      failed: 2,
      items: { nodes: [{ outcome: 'FAILED' }, { outcome: 'FAILED' }] },
    })
    const replays = await cli.json<{ nodes: BulkReplayCounts[] }>(['replays', 'list', '--statuses', 'completed'])
    expect(replays.nodes[0]).toMatchObject({ id })
  },
  TIMEOUT_MS,
)

test(
  'Ctrl-C leaves a bulk replay running and shows how to cancel it; the counts of a cancelled one add up',
  async () => {
    receiver.behave(ok())
    const { webhookId } = await makeDeadLetters(cli.app, receiver.url, 30)
    const paced = ['replay', '--webhook-ids', webhookId, '--rate-per-second', '1', '--watch', '--json']
    const watching = await cli.start(paced)
    const first = await until('the first state', () => watching.lines<BulkReplayCounts>()[0], 30_000)
    watching.signal('SIGINT')
    expect((await watching.ended).code).toBe(130)
    expect((await cli.run(['replays', 'pause', first.id])).stdout).toContain('paused')
    expect((await cli.run(['replays', 'resume', first.id])).code).toBe(0)
    expect(await cli.run(['replays', 'cancel', first.id])).toMatchObject({ code: 0 })
    const ended = await until('the end', async () => {
      const state = await cli.json<BulkReplayCounts>(['replays', 'get', first.id])
      return state.status === 'CANCELLED' && state.replayed + state.skipped === state.total && state
    })
    expect(ended.total).toBe(30)
    expect((await cli.run(['replays', 'watch', first.id])).code).not.toBe(0)
    expect((await cli.run(['replays', 'cancel', first.id])).code).toBe(1)
  },
  TIMEOUT_MS,
)

test(
  'watching continues after a restart of the API',
  async () => {
    receiver.behave(ok())
    const { webhookId } = await makeDeadLetters(cli.app, receiver.url, 12)
    const proxy = await openTcpProxy(cli.app.url)
    const remote = await createCli(cli.app, proxy.url)
    const watching = await remote.start([
      'replay',
      '--webhook-ids',
      webhookId,
      '--rate-per-second',
      '2',
      '--watch',
      '--json',
    ])
    await until('the first state', () => watching.lines<BulkReplayCounts>().length > 0, 30_000)
    proxy.shut()
    const restarted = await startTestApp({ beside: cli.app })
    proxy.open(restarted.url)
    const { code, stdout } = await watching.ended
    expect([code, lastOf(stdout)]).toMatchObject([0, { status: 'COMPLETED', total: 12, delivered: 12 }])
    await restarted.stop()
    await remote.close()
    proxy.close()
  },
  TIMEOUT_MS,
)

test.each([
  ['both ids and a filter', ['replay', 'dlv_01h455vb4pex5vsknk084sn02q', '--statuses', 'DEAD_LETTER']],
  ['neither', ['replay']],
  ['a filter that the API refuses', ['replay', '--window', 'ALL']],
  ['a likelihood above 1', ['replay', '--statuses', 'DEAD_LETTER', '--min-likelihood', '2']],
])('%s is a wrong use', async (_what, args) => {
  expect(await cli.run(args)).toMatchObject({ code: 2, stdout: '' })
})

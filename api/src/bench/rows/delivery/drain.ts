import { setTimeout as delay } from 'node:timers/promises'
import { wallClock } from '../../load.ts'
import {
  arrivalsOf,
  createWebhook,
  forgetArrivals,
  freshTenant,
  publishAll,
  type Row,
  receiverRecord,
  sample,
} from '../../row.ts'

const EVENTS = 5_000
const RESTART_MS = 2_000
const KILLED_AT = 0.2
const PATHS = ['/timed/fast', '/timed/slow']

/**
 * The worker is killed while it drains a backlog for a fast and a slow receiver. A new worker starts two seconds later.
 */
export const drain: Row = {
  name: 'drain',
  async run(stack, { scale, advance }) {
    const perReceiver = Math.max(100, Math.round((EVENTS * scale) / 2))
    const total = 2 * perReceiver
    await stack.killWorkers()
    const tenantId = freshTenant()
    for (const path of PATHS) await createWebhook(stack, tenantId, path)
    await forgetArrivals(stack)
    await publishAll(
      stack,
      Array.from({ length: perReceiver }, (_, i) => sample(tenantId, i)),
    )
    await stack.startWorker()
    const soFar = async () => Object.keys(await receiverRecord(stack, 'so-far')).length
    while ((await soFar()) < total * KILLED_AT) await delay(20)
    await stack.killWorkers()
    const left = total - (await soFar())
    await delay(RESTART_MS)
    const restarted = wallClock()
    await stack.startWorker()
    const arrived = await arrivalsOf(stack, total, 120_000, (done) => advance(done / total))
    const seconds = (Math.max(...arrived.values()) - restarted) / 1_000
    // The last request may be one that is sent twice.
    await delay(RESTART_MS)
    const twice = await receiverRecord(stack, 'repeats')
    const what = `worker killed while it drains ${total.toLocaleString('en')} for a fast and a slow receiver`
    return [
      {
        name: 'drain',
        what: `${what}: restart to all received (${left.toLocaleString('en')} were left)`,
        unit: 's',
        value: seconds,
        limit: null,
        goal: { value: 10, atMost: true },
      },
      ...PATHS.map((path) => ({
        name: `drain doubles ${path}`,
        what: `${what}: received twice by the receiver at ${path}`,
        unit: '',
        value: twice[path] ?? 0,
        limit: null,
        goal: { value: 19, atMost: true },
      })),
    ]
  },
}

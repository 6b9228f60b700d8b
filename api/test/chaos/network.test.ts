import { afterEach, expect, test } from 'vitest'
import { until } from '../harness.ts'
import { settled } from './ledger.ts'
import { createLink, type Link } from './link.ts'
import { accepted } from './load.ts'
import { IN_ORDER, useScene } from './scene.ts'

const scene = useScene()

const links: Link[] = []
afterEach(async () => {
  for (const link of links.splice(0)) await link.close()
})

const linkTo = async (url: string): Promise<Link> => {
  const link = await createLink(url)
  links.push(link)
  return link
}
const subscribers = async (channel: string): Promise<number> => {
  const [, count] = await scene.withRedis((redis) => redis.pubsub('NUMSUB', channel))
  return Number(count)
}

test('the network between a worker and Redis is cut under load: nothing is lost, and the bell works again afterwards', async ({
  annotate,
}) => {
  const link = await linkTo(scene.installation.redis.url)
  const worker = await scene.startWorker({ REDIS_URL: link.url })
  const load = await scene.publish('cut-redis')
  await scene.received(load, 0.2)
  link.cut()
  await until('the worker notices', () => worker.tail().includes('cannot be reached'))
  await load.done
  link.mend()
  const mended = Date.now()
  await until('the worker hears the bell', async () => (await subscribers('aetherlink:bell')) === 1)
  await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  await annotate(`all delivered ${Date.now() - mended} ms after the mend`)
})

test('the network between a worker and PostgreSQL is cut under load: nothing is lost or duplicated', async ({
  annotate,
}) => {
  const link = await linkTo(scene.installation.postgres.url)
  const worker = await scene.startWorker({ DATABASE_URL: link.url })
  const load = await scene.publish('cut-postgres')
  await scene.received(load, 0.2)
  link.cut()
  await accepted(load, 1)
  await until('the worker notices', () => worker.tail().includes('heartbeat failed'))
  link.mend()
  const mended = Date.now()
  await settled(scene.installation, load)
  expect(await scene.account(load)).toEqual(IN_ORDER)
  expect(worker.exit).toBeNull()
  await annotate(`all delivered ${Date.now() - mended} ms after the mend`)
})

test('of two workers the one with the lane is cut off from PostgreSQL: the other one takes over the lane', async ({
  annotate,
}) => {
  const link = await linkTo(scene.installation.postgres.url)
  await scene.startWorker({ DATABASE_URL: link.url })
  const load = await scene.publish('cut-owner')
  await scene.received(load, 0.2)
  await scene.startWorker()
  link.cut()
  const cut = Date.now()
  const held = await scene.leased(load)
  await settled(scene.installation, load)
  const took = Date.now() - cut
  link.mend()
  // Only the worker knew which requests it had sent but could not record.
  const { cutOff, ...rest } = await scene.account(load)
  expect({ ...rest, cutOff: [] }).toEqual(IN_ORDER)
  expect(held).toEqual(expect.arrayContaining(cutOff))
  await annotate(`all delivered ${took} ms after the cut; ${held.length} in hand, ${cutOff.length} came twice`)
})

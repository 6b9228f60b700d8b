import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { exclusively } from './exclusive.mjs'

test('calls of one process run one after the other, and the next one runs after a failure', async () => {
  const name = `exclusive-test-${process.pid}`
  let inside = 0
  let most = 0
  const work = async (fails: boolean) => {
    inside += 1
    most = Math.max(most, inside)
    await delay(5)
    inside -= 1
    if (fails) throw new Error('it failed')
    return 'done'
  }
  const results = await Promise.allSettled(
    [false, true, false, false].map((fails) => exclusively(name, () => work(fails))),
  )
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect(most).toBe(1)
})

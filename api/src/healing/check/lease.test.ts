import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { acquireLease, releaseLease } from './lease.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.stop())

describe('a lease', () => {
  test('lets one worker at a time decide', async () => {
    const { core } = app
    const first = await acquireLease(core, 'first')
    expect(await acquireLease(core, 'second')).toBeNull()
    await releaseLease(core, first!)
    const second = await acquireLease(core, 'second')
    expect(second!.token).toBeGreaterThan(first!.token)
    // The former holder cannot release a lease that was taken over.
    await releaseLease(core, first!)
    expect(await acquireLease(core, 'third')).toBeNull()
    await releaseLease(core, second!)
  })
})

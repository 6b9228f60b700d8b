import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { checkSettings } from './check-settings.ts'

const exit = vi.fn()
const told = vi.fn()
beforeEach(() => {
  vi.spyOn(process, 'exit').mockImplementation(exit as never)
  vi.spyOn(console, 'error').mockImplementation(told)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  exit.mockReset()
  told.mockReset()
})

it.each(['', 'c2hvcnQ=', `${'!'.repeat(9)}${randomBytes(32).toString('base64')}`])(
  'the web server does not start with SECRET_KEY %j and reports it',
  (key) => {
    vi.stubEnv('SECRET_KEY', key)
    checkSettings()
    expect(exit).toHaveBeenCalledWith(1)
    expect(told).toHaveBeenCalledWith(expect.stringContaining('SECRET_KEY: expected 32 bytes in base64'))
  },
)

it('the web server needs only a key to start', () => {
  vi.stubEnv('SECRET_KEY', randomBytes(32).toString('base64'))
  checkSettings()
  expect(exit).not.toHaveBeenCalled()
})

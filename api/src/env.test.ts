import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseEnv, SettingsError } from './env.ts'

const newKey = () => randomBytes(32).toString('base64')
const SECRET_KEY = newKey()
const parse = (over: Record<string, string>) =>
  parseEnv({ DATABASE_URL: 'postgresql://localhost/x', REDIS_URL: 'redis://localhost', SECRET_KEY, ...over })

test('former keys are none, one, or several', () => {
  const [one, other] = [newKey(), randomBytes(32).toString('base64url')]
  expect(parse({}).SECRET_KEY_PREVIOUS).toEqual([])
  expect(parse({ SECRET_KEY_PREVIOUS: '' }).SECRET_KEY_PREVIOUS).toEqual([])
  expect(parse({ SECRET_KEY_PREVIOUS: one }).SECRET_KEY_PREVIOUS).toEqual([one])
  expect(parse({ SECRET_KEY_PREVIOUS: ` ${one}, ${other},` }).SECRET_KEY_PREVIOUS).toEqual([one, other])
})

test.each([
  ['SECRET_KEY', 'short'],
  ['SECRET_KEY', randomBytes(31).toString('base64')],
  ['SECRET_KEY', `${newKey()},${newKey()}`],
  ['SECRET_KEY', `${newKey().slice(0, 20)} ${newKey().slice(20)}`],
  ['SECRET_KEY_PREVIOUS', 'short'],
  ['SECRET_KEY_PREVIOUS', randomBytes(64).toString('base64')],
  ['SECRET_KEY_PREVIOUS', `${newKey()} ${newKey()}`],
  ['SECRET_KEY_PREVIOUS', `${newKey()},short`],
  ['SECRET_KEY_PREVIOUS', `${newKey().slice(0, 20)}!${newKey().slice(20)}`],
  ['SECRET_KEY_PREVIOUS', SECRET_KEY],
  ['SECRET_KEY_PREVIOUS', `${newKey()},${Buffer.from(SECRET_KEY, 'base64').toString('base64url')}`],
])('a wrong %s stops the start, which says what it takes and does not repeat it', (name, value) => {
  const start = () => parse({ [name]: value })
  expect(start).toThrow(SettingsError)
  expect(start).toThrow(new RegExp(`^.*\\n  ${name} has an unusable value: .*takes [^\\n]*$`))
  for (const part of value.split(/[,\s!]/)) expect(start).not.toThrow(part)
})

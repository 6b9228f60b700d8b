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
])('a wrong %s stops the start, which says what is expected and does not repeat it', (name, value) => {
  const start = () => parse({ [name]: value })
  expect(start).toThrow(SettingsError)
  expect(start).toThrow(new RegExp(`^.*\\n  ${name} has an unusable value: .*expected [^\\n]*$`))
  for (const part of value.split(/[,\s!]/)) expect(start).not.toThrow(part)
})

test.each([
  ['EVENT_RETENTION_DAYS', '0'],
  ['EVENT_RETENTION_DAYS', '-1'],
  ['EVENT_RETENTION_DAYS', '3651'],
  ['EVENT_RETENTION_CRON_SECONDS', '0'],
  ['AUDIT_RETENTION_DAYS', '1.5'],
  ['EVENT_ARCHIVE_URL', 'bucket/prefix'],
  ['EVENT_ARCHIVE_URL', 'https://bucket.s3.amazonaws.com/'],
  ['EVENT_ARCHIVE_URL', 's3://'],
  ['EVENT_ARCHIVE_URL', 's3://Bucket/x'],
  ['EVENT_ARCHIVE_URL', 's3://b'],
  ['EVENT_ARCHIVE_URL', 's3://bucket/../x'],
  ['EVENT_ARCHIVE_S3_ENDPOINT', 'minio:9000'],
])('a wrong %s (%s) stops the start and is named', (name, value) => {
  expect(() => parse({ [name]: value })).toThrow(SettingsError)
  expect(() => parse({ [name]: value })).toThrow(new RegExp(`^.*\\n  ${name} [^\\n]*$`))
})

test('an archive URL is a bucket and a prefix that ends with a slash', () => {
  expect(parse({ EVENT_ARCHIVE_URL: 's3://my-bucket' }).EVENT_ARCHIVE_URL).toEqual({ bucket: 'my-bucket', prefix: '' })
  expect(parse({ EVENT_ARCHIVE_URL: 's3://my.bucket/a/b/' }).EVENT_ARCHIVE_URL).toEqual({
    bucket: 'my.bucket',
    prefix: 'a/b/',
  })
})

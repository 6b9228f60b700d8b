import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { curlCommand, headersOf, standardBody } from './curl.ts'

test('the command is quoted correctly for any body', () => {
  const body = `{"note":"it's $(whoami) \\"quoted\\" \`x\`\\n"}`
  const command = curlCommand({
    url: 'https://a.example/x?y=1&z=2',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const shown = execFileSync('/bin/sh', ['-c', command.replace('curl', `printf '%s\\n'`)], { encoding: 'utf8' })
  expect(shown.split('\n')).toContain(body)
  expect(shown.split('\n')).toContain('content-type: application/json')
  expect(shown.split('\n')).toContain('https://a.example/x?y=1&z=2')
})

test('redacted headers stay redacted, and headers that curl sets itself are omitted', () => {
  const command = curlCommand({
    url: 'https://a.example',
    headers: headersOf({ 'X-Token': '[redacted]', 'Content-Length': 12 }),
    body: '{}',
  })
  expect(command).toContain('X-Token: [redacted]')
  expect(command).not.toContain('Content-Length')
})

test('the body is that of a STANDARD webhook', () => {
  const event = {
    id: 'evt_1',
    type: 'a',
    source: 's',
    severity: 'INFO',
    occurredAt: '2026-01-01T00:00:00.000Z',
    payload: { n: 1 },
  }
  expect(standardBody(event)).toBe(
    '{"id":"evt_1","type":"a","timestamp":"2026-01-01T00:00:00.000Z","source":"s","severity":"INFO","data":{"n":1}}',
  )
})

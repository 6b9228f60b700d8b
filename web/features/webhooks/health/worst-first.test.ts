import { expect, test } from 'vitest'
import { worstFirst } from './worst-first.ts'

const webhook = (name: string, status: 'OK' | 'DEGRADED' | 'DOWN' | 'UNKNOWN', backlog = 0, failed = 0) => ({
  name,
  backlog,
  health: { status, failed },
})

test('webhooks that are down come first, then by backlog', () => {
  const webhooks = [
    webhook('ok', 'OK'),
    webhook('down', 'DOWN', 1),
    webhook('unknown', 'UNKNOWN'),
    webhook('down with a backlog', 'DOWN', 36),
    webhook('failing', 'DEGRADED', 0, 9),
    webhook('failing a little', 'DEGRADED', 0, 1),
  ]
  expect(worstFirst(webhooks).map(({ name }) => name)).toEqual([
    'down with a backlog',
    'down',
    'failing',
    'failing a little',
    'ok',
    'unknown',
  ])
})

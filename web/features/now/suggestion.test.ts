import { expect, test } from 'vitest'
import { adviceOf, deadLetters, isWorthIt } from './suggestion.ts'

const NOW = Date.parse('2026-01-01T14:30:00.000Z')
const cluster = {
  count: 2_104,
  likely: 2_104,
  likelihood: 0.96,
  recommended: true,
  healthySince: '2026-01-01T14:27:00.000Z',
}

test('a receiver that is back is named with the time since its last failure', () => {
  expect(deadLetters(cluster.count)).toBe('2,104 dead letters')
  expect(adviceOf(cluster, NOW)).toBe('it has been healthy for 3 min; replay')
  expect(adviceOf({ ...cluster, healthySince: null }, NOW)).toBe('replay')
  expect(isWorthIt(cluster)).toBe(true)
})

test('a cluster with a recommended part names the part', () => {
  const part = { ...cluster, likely: 1_200, likelihood: 0.6, recommended: false }
  expect(adviceOf(part, NOW)).toBe('it has been healthy for 3 min; replay the 1,200 that would probably arrive')
  expect(isWorthIt(part)).toBe(true)
})

test('a cluster without a recommendation states that, and whether it may change', () => {
  const down = { ...cluster, likely: 0, likelihood: 0.05, recommended: false, healthySince: null }
  expect(adviceOf(down, NOW)).toBe('a replay of them would fail again')
  expect(adviceOf({ ...down, count: 1, likelihood: 0.45 }, NOW)).toBe('a replay of it may fail again; wait')
  expect(isWorthIt(down)).toBe(false)
})

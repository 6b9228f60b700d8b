import { expect, test } from 'vitest'
import type { HealState } from '@/lib/graphql.ts'
import { quietHistory } from './quiet-history.ts'

const watched = (...states: HealState[]) => ({
  enabled: true,
  docker: { status: 'OK' as const },
  targets: states.map((state, index) => ({ container: `c${index}`, state })),
})

test('everything is healthy only if each watched container is', () => {
  expect(quietHistory(watched('HEALTHY', 'HEALTHY')).title).toBe('All Systems Healthy')
  for (const state of ['UNHEALTHY', 'MISSING', 'STARTING', 'BACKING_OFF', 'MAINTENANCE'] as const)
    expect(quietHistory(watched('HEALTHY', state))).toEqual({
      title: 'Nothing was restarted in the last 90 days',
      text: 'Not healthy now: c1.',
    })
})

test('an empty history says nothing about health without auto-heal, Docker or a container', () => {
  const healthy = watched('HEALTHY')
  expect(quietHistory({ ...healthy, enabled: false }).title).toBe('Auto-heal is off')
  expect(quietHistory({ ...healthy, docker: { status: 'DOWN' } })).toEqual({
    title: 'Docker is not available',
    text: 'The state of the containers is unknown. Nothing was restarted in the last 90 days.',
  })
  expect(quietHistory(watched()).title).toBe('No container is watched')
})

test('names the first containers that are not healthy and counts the others', () => {
  const { text } = quietHistory(watched(...Array<HealState>(7).fill('UNHEALTHY')))
  expect(text).toBe('Not healthy now: c0, c1, c2, c3, c4 and 2 more.')
})

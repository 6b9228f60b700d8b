import { expect, test } from 'vitest'
import type { AlertRowFragment } from '@/lib/graphql.ts'
import { combineFiring } from './firing.ts'

const page = (severity: AlertRowFragment['severity'], total: number, ids: readonly string[]) => ({
  total,
  newest: ids.map((id) => ({ id, severity }) as AlertRowFragment),
})

test('the most severe alerts come first, however many newer ones are less severe', () => {
  const firing = combineFiring({
    critical: page('CRITICAL', 1, ['c1']),
    error: page('ERROR', 2, ['e2', 'e1']),
    warning: page('WARNING', 40, ['w9', 'w8', 'w7', 'w6', 'w5']),
    info: page('INFO', 7, ['i9', 'i8', 'i7', 'i6', 'i5']),
  })
  expect(firing).toMatchObject({ total: 50, critical: 1, errors: 2 })
  expect(firing.mostSevere.map(({ id }) => id)).toEqual(['c1', 'e2', 'e1', 'w9', 'w8'])
})

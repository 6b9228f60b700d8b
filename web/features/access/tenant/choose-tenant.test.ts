import { describe, expect, it } from 'vitest'
import { choicesOf, labelOf } from './choices.ts'
import { pathInOtherTenant } from './choose-tenant.ts'

describe('choicesOf', () => {
  it('lists all tenants of the account with their names', () => {
    const known = { actor: { id: '7', name: 'Sam' }, tenants: [{ id: 'tenant-2', name: 'Second Ltd' }] }
    const choices = choicesOf(['tenant-1', 'tenant-2'], known)
    expect(choices).toEqual({
      account: 'Sam',
      tenants: [
        { id: 'tenant-1', name: 'tenant-1' },
        { id: 'tenant-2', name: 'Second Ltd' },
      ],
    })
    expect(choices.tenants.map(labelOf)).toEqual(['tenant-1', 'Second Ltd (tenant-2)'])
    expect(choicesOf(['tenant-1'], null)).toEqual({ account: '', tenants: [{ id: 'tenant-1', name: 'tenant-1' }] })
  })
})

it('the same page of another tenant has its filters, and nothing open', () => {
  expect(pathInOtherTenant('/events', '?window=all&open=evt_1&tenant=tenant-1&type=a.*')).toBe(
    '/events?window=all&type=a.*',
  )
  expect(pathInOtherTenant('/deliveries', '?open=dlv_1')).toBe('/deliveries')
})

import { expect, test } from 'vitest'
import { reachOf } from './reach.ts'

const db = { name: 'db', url: 'postgres://db:5432', dependants: ['crm', 'shop'] }
const crm = { name: 'crm', url: 'http://crm:8000', dependants: ['shop'] }
const shop = { name: 'shop', url: 'https://shop.example.com', dependants: [] }
const mail = { name: 'mail', url: 'http://mail:8000', dependants: [] }
const alert = (id: string, source: string | null, group: unknown = {}) => ({
  id,
  source,
  group,
  reason: id,
  rule: { name: id },
})
const receiver = (id: string, url: string, backlog: number) => ({ id, name: id, url, backlog })

test('reaches alerts and waiting deliveries of a service and of everything that depends on it', () => {
  const open = {
    alerts: [
      alert('of crm', 'crm'),
      alert('of the shop', null, { subject: 'shop' }),
      alert('of mail', 'mail'),
      alert('of nobody', null, null),
    ],
    receivers: [
      receiver('to the shop', 'https://shop.example.com/hooks', 3),
      receiver('to crm', 'http://crm:8000/in', 4),
      receiver('to crm, empty', 'http://crm:8000/other', 0),
      receiver('to mail', 'http://mail:8000/in', 9),
      receiver('to the port beside', 'http://crm:8001/in', 5),
    ],
  }
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id)
  const of = (service: typeof db) => reachOf(service, [db, crm, shop, mail], open)
  expect(ids(of(db).alerts)).toEqual(['of crm', 'of the shop'])
  expect(of(db)).toMatchObject({ dependants: ['crm', 'shop'], waiting: 7 })
  expect(ids(of(db).receivers)).toEqual(['to the shop', 'to crm'])
  expect(of(shop)).toMatchObject({ waiting: 3, alerts: [{ id: 'of the shop' }] })
  expect(of(mail)).toMatchObject({ waiting: 9, alerts: [{ id: 'of mail' }] })
})

test('a service whose URL has no host reaches no webhook', () => {
  const job = { name: 'backup', url: 'job:backup', dependants: [] }
  expect(reachOf(job, [job], { alerts: [], receivers: [receiver('odd', 'job:other', 2)] }).waiting).toBe(0)
})

import { expect, test } from 'vitest'
import { verdictOf } from './verdict.ts'

const none = { total: 0, critical: 0, errors: 0 }
const calm = { webhooks: [], services: [], firing: none, unrecovered: 0, held: 0, pending: 0, likely: 0 }
const clock = (iso: string) => iso.slice(11, 16)
const webhook = (name: string, down: boolean, at?: string) => ({
  name,
  down,
  failingSince: at ? `2026-01-01T${at}:00.000Z` : null,
})

test('reports receivers that are down, unrecovered deliveries, and whether a replay helps', () => {
  const webhooks = [webhook('b', true, '11:40'), webhook('a', true, '11:29'), webhook('c', false)]
  expect(verdictOf({ ...calm, webhooks, unrecovered: 97, likely: 16 }, clock)).toEqual({
    tone: 'bad',
    text: '2 receivers down since 11:29. 97 unrecovered; 16 would probably arrive now.',
    down: ['a', 'b'],
  })
})

test('reports when a replay is useless and what is held', () => {
  expect(verdictOf({ ...calm, unrecovered: 1_200, held: 36 }, clock).text).toBe(
    '1,200 unrecovered; no replay is advised now. 36 held until a receiver is back.',
  )
  expect(verdictOf({ ...calm, unrecovered: 1, likely: null }, clock).text).toBe('1 unrecovered.')
})

test('names services that are down beside receivers', () => {
  const services = [
    { name: 'shop', since: '2026-01-01T11:31:00.000Z' },
    { name: 'crm', since: '2026-01-01T11:30:00.000Z' },
  ]
  expect(verdictOf({ ...calm, webhooks: [webhook('a', true, '11:29')], services }, clock)).toEqual({
    tone: 'bad',
    text: '1 receiver down since 11:29. 2 services down since 11:30.',
    down: ['a', 'crm', 'shop'],
  })
})

test('is calm when nothing is broken', () => {
  expect(verdictOf(calm, clock)).toMatchObject({
    tone: 'good',
    text: 'All receivers work. Nothing waits, nothing is lost.',
  })
  expect(verdictOf({ ...calm, pending: 1 }, clock).text).toBe('All receivers work. 1 delivery is on the way.')
})

test('a firing alert is never under a calm verdict', () => {
  expect(verdictOf({ ...calm, firing: { total: 1, critical: 1, errors: 0 } }, clock)).toMatchObject({
    tone: 'bad',
    text: '1 critical alert fires.',
  })
  expect(verdictOf({ ...calm, firing: { total: 3, critical: 1, errors: 0 } }, clock).text).toBe(
    '3 alerts fire, 1 of them critical.',
  )
  expect(verdictOf({ ...calm, firing: { total: 1, critical: 0, errors: 1 } }, clock).tone).toBe('bad')
  expect(
    verdictOf({ ...calm, firing: { total: 2, critical: 0, errors: 0 }, unrecovered: 4, likely: null }, clock),
  ).toEqual({
    tone: 'bad',
    text: '2 alerts fire. 4 unrecovered.',
    down: [],
  })
  expect(verdictOf({ ...calm, firing: { total: 2, critical: 0, errors: 0 } }, clock)).toMatchObject({
    tone: 'warn',
    text: '2 alerts fire.',
  })
})

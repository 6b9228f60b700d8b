import { expect, test } from 'vitest'
import { TicketQueue } from './ticket-queue.ts'

const ticket = (n: number) => ({ id: `d${n}`, attempts: 0 })
const ids = (tickets: readonly { id: string }[]) => tickets.map(({ id }) => id)

test('tickets come out in order, each delivery once', () => {
  const queue = new TicketQueue()
  for (const n of [1, 2, 1, 3]) queue.push(ticket(n))
  expect(queue.length).toBe(3)
  expect(ids(queue.take(2))).toEqual(['d1', 'd2'])
  queue.push(ticket(1))
  expect(ids(queue.take(10))).toEqual(['d3', 'd1'])
  expect(queue.length).toBe(0)
})

test('beyond the capacity the newest tickets are removed', () => {
  const queue = new TicketQueue()
  for (let n = 0; n < 10; n++) queue.push(ticket(n))
  queue.take(2)
  expect(ids(queue.takeExcess(5))).toEqual(['d7', 'd8', 'd9'])
  expect(queue.has('d9')).toBe(false)
  expect(queue.length).toBe(5)
  expect(queue.takeExcess(5)).toEqual([])
})

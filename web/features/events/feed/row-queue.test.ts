import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RowQueue } from './row-queue.ts'
import type { Taken } from './waiting-rows.ts'

interface Row {
  id: string
}

const row = (n: number): Row => ({ id: `evt_${String(n).padStart(5, '0')}` })
const FREE = { held: false, paused: false, busy: false }

let queue: RowQueue<Row>
let merged: number[]
let changed: string[][]
let passed = false
/** How long the simulated page takes to render. */
let drawingMs = 0

beforeEach(() => {
  vi.useFakeTimers()
  merged = []
  changed = []
  passed = false
  drawingMs = 0
  queue = new RowQueue<Row>(100)
  queue.sink = {
    merge: ({ rows }: Taken<Row>) => {
      merged.push(rows.length)
      vi.setSystemTime(Date.now() + drawingMs)
    },
    change: (rows) => changed.push(rows.map(({ id }) => id)),
    recover: () => changed.push(['all']),
    mayMerge: () => !passed,
  }
  queue.set(FREE)
  vi.advanceTimersByTime(1_000)
})
afterEach(() => vi.useRealTimers())

const feed = (perTick: number, ticks: number) => {
  for (let tick = 0; tick < ticks; tick += 1) {
    for (let i = 0; i < perTick; i += 1) queue.add(row(tick * perTick + i))
    vi.advanceTimersByTime(10)
  }
}

it('applies at most four batches per second', () => {
  feed(20, 200)
  expect(merged.length).toBeGreaterThanOrEqual(7)
  expect(merged.length).toBeLessThanOrEqual(9)
  expect(Math.max(...merged)).toBe(100)
})

it('rests for three times the rendering time', () => {
  drawingMs = 500
  feed(1, 400)
  expect(merged.length).toBeLessThanOrEqual(3)
  expect(merged.length).toBeGreaterThan(1)
})

it('holds and counts new rows while the user is elsewhere; changes are applied', () => {
  queue.set({ ...FREE, held: true })
  feed(1, 30)
  queue.change(row(1))
  vi.advanceTimersByTime(1_000)
  expect([merged, queue.count(), changed]).toEqual([[], 30, [[row(1).id]]])
  queue.set(FREE)
  expect([merged, queue.count()]).toEqual([[30], 0])
})

it('changes nothing while paused, and reloads if it could not store all changes', () => {
  queue.set({ ...FREE, paused: true })
  for (let n = 1; n <= 1_001; n += 1) queue.change(row(n))
  queue.add(row(2_000))
  queue.change(row(7))
  vi.advanceTimersByTime(1_000)
  expect([merged, changed, queue.count()]).toEqual([[], [], 1])
  queue.set(FREE)
  expect([merged, changed]).toEqual([[1], [['all'], [row(7).id]]])
})

it('moves no row while the pointer approaches', () => {
  queue.point()
  queue.add(row(1))
  vi.advanceTimersByTime(1_400)
  expect(merged).toEqual([])
  vi.advanceTimersByTime(200)
  expect(merged).toEqual([1])
})

it('checks right before a merge whether the list is still at its top', () => {
  passed = true
  queue.add(row(1))
  vi.advanceTimersByTime(1_000)
  expect(merged).toEqual([])
  queue.set({ ...FREE, held: true })
  expect(queue.count()).toBe(1)
})

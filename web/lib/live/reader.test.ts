import { expect, it } from 'vitest'
import { AT_TOP, nextReader, type ReaderEvent } from './reader.ts'

const left = { type: 'left' } as const
const returned = { type: 'returned' } as const
const opened = { type: 'opened' } as const
const closed = (waiting: boolean) => ({ type: 'closed', waiting }) as const
const asked = { type: 'asked' } as const

it.each<[string, ReaderEvent[], boolean]>([
  ['flow under somebody at the top', [], false],
  ['wait for somebody who has scrolled down', [left], true],
  ['flow again after a way back to the top', [left, returned], false],
  ['wait while details are open, also at the top', [opened], true],
  ['wait when details close over rows that came meanwhile', [opened, closed(true)], true],
  ['flow when nothing came meanwhile', [opened, closed(false)], false],
  ['wait further down, though nothing came', [left, opened, closed(false)], true],
  ['flow when they are asked for', [left, asked], false],
  ['flow when they are asked for after the details', [opened, closed(true), asked], false],
  ['wait for the details to close when the list moves below them', [opened, left, returned], true],
])('rows %s', (_what, events, held) => {
  expect(events.reduce(nextReader, AT_TOP).held).toBe(held)
})

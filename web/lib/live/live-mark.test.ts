import { describe, expect, test } from 'vitest'
import type { Connection } from './connection.ts'
import { type ListState, liveMark } from './live-mark.ts'

const LIVE: Connection = { state: 'live' }
const list = (state: Partial<ListState> = {}): ListState => ({
  mode: 'live',
  paused: false,
  heldBy: null,
  waiting: 0,
  stopped: false,
  loadedAt: 0,
  ...state,
})

describe('the live mark', () => {
  test('is green while the API answers and nothing waits', () => {
    expect(liveMark(LIVE, null, list(), 0)).toMatchObject({ tone: 'live', text: 'Live' })
    expect(liveMark(LIVE, null, list({ heldBy: 'pointer' }), 0).tone).toBe('live')
  })

  test.each([
    ['an unanswered ping', { state: 'silent', since: 1_000 } satisfies Connection, null, 'No answer for 4 s'],
    ['an unanswered request', LIVE, 2_000, 'No answer for 3 s'],
    [
      'a lost connection',
      { state: 'cut', since: 0, wasLive: true, retryAt: null } satisfies Connection,
      null,
      'Not live for 5 s',
    ],
  ])('is off after %s, whatever the list says', (_, connection, slow, text) => {
    expect(liveMark(connection, slow, list({ paused: true }), 5_000)).toMatchObject({ tone: 'off', text })
  })

  test('reports that the user holds rows back', () => {
    expect(liveMark(LIVE, null, list({ paused: true }), 0).text).toBe('Paused by you')
    expect(liveMark(LIVE, null, list({ heldBy: 'selection', waiting: 2 }), 0)).toMatchObject({
      text: 'Paused by you',
      title: '2 rows wait because rows are selected.',
    })
  })
})

import { describe, expect, test } from 'vitest'
import { createEndings } from './endings.ts'
import { parseEvent } from './event-stream.ts'
import { demultiplex } from './log-stream.ts'
import { containerIdIn } from './self.ts'

const T0 = 1_795_991_365_000
const nano = (ms: number) => `${ms}000000`

/** Plays events of one container, as [action, milliseconds after T0, signal]. */
function play(events: readonly [action: string, at: number, signal?: string][], id = 'c1', endings = createEndings()) {
  for (const [action, at, signal = null] of events)
    endings.note({ containerId: id, action, signal, timeNano: nano(T0 + at) })
  return endings
}

describe('a container that ended', () => {
  test.each([
    ['by itself', [['die', 100]], 'itself'],
    [
      'by docker stop',
      [
        ['kill', 0, '15'],
        ['die', 100],
        ['stop', 120],
      ],
      'hand',
    ],
    [
      'by docker stop, long after it was asked',
      [
        ['kill', 0, '15'],
        ['die', 300_000],
        ['stop', 300_010],
      ],
      'hand',
    ],
    [
      'by docker kill',
      [
        ['kill', 50, '9'],
        ['die', 100],
      ],
      'hand',
    ],
    [
      'by itself, after a signal that ends nothing',
      [
        ['kill', 50, '1'],
        ['die', 100],
      ],
      'itself',
    ],
    [
      'by itself, long after a signal',
      [
        ['kill', 0, '15'],
        ['die', 100_000],
      ],
      'itself',
    ],
    [
      'by itself, after a restart by hand',
      [
        ['kill', 0, '15'],
        ['die', 10],
        ['stop', 20],
        ['start', 30],
        ['die', 100],
      ],
      'itself',
    ],
    [
      'out of memory',
      [
        ['oom', 50],
        ['die', 100],
      ],
      'itself',
    ],
  ] as const)('%s', (_name, events, cause) => {
    const died = events.findLast(([action]) => action === 'die')![1]
    expect(play(events as never).causeOf('c1', T0 + died + 3)).toBe(cause)
  })

  test('is of unknown cause if its end was not seen, or has another time than the one seen', () => {
    const endings = play([
      ['kill', 0, '15'],
      ['die', 100],
      ['stop', 120],
    ])
    expect(endings.causeOf('c1', T0 + 60_000)).toBe('unknown')
    expect(endings.causeOf('c2', T0 + 100)).toBe('unknown')
  })

  test('just before the engine went down was stopped by the engine; a container that ended earlier was not', () => {
    const endings = play(
      [
        ['kill', 0, '15'],
        ['die', 10],
        ['stop', 20],
      ],
      'by-hand',
    )
    play(
      [
        ['kill', 60_000, '15'],
        ['die', 60_100],
        ['stop', 60_120],
      ],
      'by-engine',
      endings,
    )
    endings.streamLost()
    endings.engineRestarted()
    expect(endings.causeOf('by-hand', T0 + 10)).toBe('hand')
    expect(endings.causeOf('by-engine', T0 + 60_100)).toBe('engine')
    play(
      [
        ['start', 70_000],
        ['die', 80_000],
      ],
      'by-engine',
      endings,
    )
    expect(endings.causeOf('by-engine', T0 + 80_000)).toBe('itself')
  })

  test('by hand seconds before the shutdown was not stopped by the engine, whose containers get their signals together', () => {
    const stop = (asked: number, died: number) =>
      [
        ['kill', asked, '15'],
        ['kill', died - 10, '9'],
        ['die', died],
        ['stop', died + 10],
      ] as [string, number, string?][]
    const endings = play(stop(0, 300), 'by-hand')
    play(stop(4_000, 4_100), 'quick', endings)
    play(stop(4_200, 14_000), 'slow', endings)
    endings.streamLost()
    endings.engineRestarted()
    expect(['by-hand', 'quick', 'slow'].map((id, n) => endings.causeOf(id, T0 + [300, 4_100, 14_000][n]!))).toEqual([
      'hand',
      'engine',
      'engine',
    ])
  })

  test('by hand was not stopped by the engine if the engine was restarted later while nothing ran', () => {
    let now = 0
    const endings = play(
      [
        ['kill', 0, '15'],
        ['die', 100],
      ],
      'by-hand',
      createEndings(() => now),
    )
    now = 6_000
    endings.streamLost()
    now = 60_000
    endings.streamLost()
    endings.engineRestarted()
    expect(endings.causeOf('by-hand', T0 + 100)).toBe('hand')
  })
})

test('an event is read with all digits of its time; any other message is ignored', () => {
  const line =
    '{"status":"kill","id":"abc","Type":"container","Action":"kill","Actor":{"ID":"abc","Attributes":{"signal":"15"}},"time":1795991371,"timeNano":1795991371260835142}'
  expect(parseEvent(line)).toEqual({
    containerId: 'abc',
    action: 'kill',
    signal: '15',
    timeNano: '1795991371260835142',
  })
  for (const other of ['', '{', 'null', '{"Action":"die"}', '[]']) expect(parseEvent(other)).toBeNull()
})

test('a log is read from its frames, including a last frame that is cut off', () => {
  const frame = (stream: number, text: string, length = text.length) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, length]), Buffer.from(text)])
  expect(demultiplex(Buffer.concat([frame(1, 'out\n'), frame(2, 'err\n'), frame(1, 'cut', 9)])).toString()).toBe(
    'out\nerr\ncut',
  )
  expect(demultiplex(Buffer.alloc(3))).toHaveLength(0)
})

test('the own container is recognised by the files that Docker mounts into it', () => {
  const id = 'a'.repeat(64)
  const mounts = `642 641 254:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/vda1 rw`
  expect(containerIdIn(mounts)).toBe(id)
  expect(containerIdIn('22 1 254:1 / / rw - ext4 /dev/vda1 rw')).toBeNull()
})

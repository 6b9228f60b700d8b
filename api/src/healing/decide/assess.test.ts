import { describe, expect, test } from 'vitest'
import { assess, type Observation } from './assess.ts'
import { POLICY } from './fixtures.ts'

const RUNNING: Observation = {
  status: 'running',
  health: null,
  exitCode: 0,
  oomKilled: false,
  endedBy: 'unknown',
  runningMs: 3_600_000,
  probe: null,
  hasProbe: false,
}
const judge = (over: Partial<Observation>) => assess({ ...RUNNING, ...over }, POLICY)
const ended = (exitCode: number, endedBy: Observation['endedBy'], oomKilled = false) =>
  judge({ status: 'exited', exitCode, endedBy, oomKilled })

describe('a running container', () => {
  test('is judged by its health check first', () => {
    expect(judge({ health: 'healthy' })).toEqual({ kind: 'well' })
    expect(judge({ health: 'unhealthy' })).toMatchObject({ kind: 'unwell', trigger: 'docker-health', certain: true })
    expect(judge({ health: 'starting', hasProbe: true, probe: { ok: false, error: 'x' } }).kind).toBe('starting')
  })

  test('is judged by its health URL after its start period', () => {
    const failing = { hasProbe: true, probe: { ok: false as const, error: 'answered 503' } }
    expect(judge({ ...failing })).toMatchObject({ kind: 'unwell', trigger: 'probe', certain: false })
    expect(judge({ ...failing, health: 'healthy' })).toMatchObject({ kind: 'unwell', trigger: 'probe' })
    expect(judge({ ...failing, runningMs: POLICY.startPeriodMs - 1 }).kind).toBe('starting')
    expect(judge({ hasProbe: true, probe: { ok: true }, runningMs: 10 }).kind).toBe('well')
    expect(judge({ hasProbe: true }).kind).toBe('starting')
  })

  test('is judged as if it had no health URL while the worker cannot request the URL', () => {
    const doubted = { hasProbe: true, probe: { ok: true as const, doubt: 'its name does not resolve' } }
    expect(judge(doubted)).toEqual({ kind: 'well', doubt: 'its name does not resolve' })
    expect(judge({ ...doubted, runningMs: 10 })).toEqual({ kind: 'starting', reason: 'its name does not resolve' })
    expect(judge({ ...doubted, health: 'healthy', runningMs: 10 }).kind).toBe('well')
    expect(judge({ ...doubted, health: 'unhealthy' })).toMatchObject({ kind: 'unwell', trigger: 'docker-health' })
  })

  test('without a health check or URL is healthy once it has run for some time', () => {
    expect(judge({ runningMs: 10 }).kind).toBe('starting')
    expect(judge({ runningMs: POLICY.settleMs }).kind).toBe('well')
  })
})

describe('a container that has ended', () => {
  test('is down when it crashed, ran out of memory or went down with the engine', () => {
    expect(ended(1, 'itself')).toMatchObject({ kind: 'unwell', trigger: 'exited' })
    expect(ended(1, 'unknown')).toMatchObject({ kind: 'unwell', trigger: 'exited' })
    expect(ended(137, 'itself')).toMatchObject({ kind: 'unwell', trigger: 'exited' })
    expect(ended(137, 'unknown', true)).toMatchObject({ kind: 'unwell', trigger: 'oom-killed' })
    expect(ended(0, 'engine')).toMatchObject({ kind: 'unwell', trigger: 'engine-restart' })
  })

  test('is not restarted if a user stopped it or its work was done', () => {
    expect(ended(137, 'hand').kind).toBe('left-alone')
    expect(ended(1, 'hand').kind).toBe('left-alone')
    expect(ended(0, 'itself').kind).toBe('left-alone')
    expect(ended(143, 'unknown').kind).toBe('left-alone')
    expect(judge({ status: 'paused' }).kind).toBe('left-alone')
    expect(judge({ status: 'created' }).kind).toBe('left-alone')
  })

  test('is left to Docker while Docker restarts it', () => {
    expect(judge({ status: 'restarting', exitCode: 1 }).kind).toBe('starting')
    expect(assess(null, POLICY).kind).toBe('missing')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextHop, parseTraceparent, parseTracestate, traceContextOf, traceIdOf } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const id = (length: number) => hex(length).filter((text) => !/^0+$/.test(text))
const valid = fc.tuple(id(32), id(16), hex(2)).map(([trace, parent, flags]) => `00-${trace}-${parent}-${flags}`)

describe('a traceparent', () => {
  test('that is valid keeps its ids and its known flags', () => {
    fc.assert(
      fc.property(id(32), id(16), hex(2), (trace, parent, flags) => {
        const known = (Number.parseInt(flags, 16) & 3).toString(16).padStart(2, '0')
        const parsed = parseTraceparent(`00-${trace}-${parent}-${flags}`)
        expect(parsed).toBe(`00-${trace}-${parent}-${known}`)
        expect(traceIdOf(parsed!)).toBe(trace)
      }),
    )
  })

  test('with one character replaced is refused or of the same form', () => {
    fc.assert(
      fc.property(valid, fc.nat(54), fc.string({ unit: 'binary', minLength: 0, maxLength: 2 }), (text, at, other) => {
        const parsed = parseTraceparent(text.slice(0, at) + other + text.slice(at + 1))
        if (parsed !== null) expect(parsed).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-0[0-3]$/)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['', 'empty'],
    [`00-${TRACE}-${PARENT}`, 'without flags'],
    [`00-${'0'.repeat(32)}-${PARENT}-01`, 'with a trace id of zeros'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'with a parent id of zeros'],
    [`00-${TRACE.toUpperCase()}-${PARENT}-01`, 'in upper case'],
    [`ff-${TRACE}-${PARENT}-01`, 'of version ff'],
    [`00-${TRACE}-${PARENT}-01-more`, 'of version 00 with more fields'],
    [`cc-${TRACE}-${PARENT}-01.more`, 'of a later version with more that is no field'],
    [`00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`, 'that is there twice'],
    [`00-${TRACE}-${PARENT}-0g`, 'with flags that are not hexadecimal'],
    [`00-${TRACE}-${PARENT}-01\n`, 'with a line break'],
  ])('%j is invalid: %s', (text) => {
    expect(parseTraceparent(text)).toBeNull()
  })

  test('of a later version is read as far as version 00 goes', () => {
    for (const more of ['', '-', '-what the future brings'])
      expect(parseTraceparent(`cc-${TRACE}-${PARENT}-01${more}`)).toBe(`00-${TRACE}-${PARENT}-01`)
  })
})

describe('a tracestate', () => {
  test.each([
    ['congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'],
    [' congo=1 ,\t, rojo=2,', 'congo=1,rojo=2'],
    ['fw529a3039@dt=FfAAAAMCHgAAAQ', 'fw529a3039@dt=FfAAAAMCHgAAAQ'],
    ['a=b c', 'a=b c'],
  ])('%j is kept', (text, kept) => {
    expect(parseTracestate(text)).toBe(kept)
  })

  test.each([
    [''],
    ['congo'],
    ['congo='],
    ['=1'],
    ['Congo=1'],
    ['a=1,a=2'],
    ['a=1=2'],
    ['a=\u00fc'],
    [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
    [`a=${'x'.repeat(250)},b=${'x'.repeat(250)},c=${'x'.repeat(20)}`],
  ])('%j is not', (text) => {
    expect(parseTracestate(text)).toBeNull()
  })
})

describe('the trace context of a request', () => {
  const traceparent = `00-${TRACE}-${PARENT}-01`

  test('needs a valid traceparent, and loses an invalid tracestate alone', () => {
    expect(traceContextOf({ traceparent, tracestate: 'a=1' })).toEqual({ traceparent, tracestate: 'a=1' })
    expect(traceContextOf({ traceparent, tracestate: 'A=1' })).toEqual({ traceparent, tracestate: null })
    expect(traceContextOf({ traceparent })).toEqual({ traceparent, tracestate: null })
    expect(traceContextOf({ traceparent: 'x', tracestate: 'a=1' })).toBeNull()
    expect(traceContextOf({ tracestate: 'a=1' })).toBeNull()
  })

  test('continues with the same trace and flags and another valid parent id', () => {
    fc.assert(
      fc.property(valid, (text) => {
        const context = { traceparent: parseTraceparent(text)!, tracestate: 'a=1' }
        const next = nextHop(context)
        expect(parseTraceparent(next.traceparent)).toBe(next.traceparent)
        expect(next.traceparent.slice(0, 36)).toBe(context.traceparent.slice(0, 36))
        expect(next.traceparent.slice(52)).toBe(context.traceparent.slice(52))
        expect(next.traceparent).not.toBe(context.traceparent)
        expect(next.tracestate).toBe('a=1')
      }),
    )
  })
})

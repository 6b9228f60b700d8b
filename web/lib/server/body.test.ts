import { describe, expect, it } from 'vitest'
import { jsonIn, readBody } from './body.ts'

const KIB = 1_024

/** A request whose body is produced while it is read, 1 KiB at a time, and the number of parts produced. */
function streamed(kib: number, headers: Record<string, string>) {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (pulled === kib) return controller.close()
        pulled += 1
        controller.enqueue(new Uint8Array(KIB).fill(0x61))
      },
    },
    { highWaterMark: 0 },
  )
  const request = { body, headers: new Headers(headers) } as Request
  return { request, pulled: () => pulled }
}

const post = (body: string) =>
  new Request('http://console.example/', {
    method: 'POST',
    body,
    headers: { 'content-length': String(Buffer.byteLength(body)) },
  })

describe('the body of a request', () => {
  it('is returned up to the limit', async () => {
    expect(await readBody(post('{"name":"é"}'), 13)).toEqual({ text: '{"name":"é"}' })
    expect(await readBody(post('{"name":"é"}'), 12)).toEqual({
      status: 413,
      problem: expect.stringContaining('12 bytes'),
    })
    expect(await readBody(new Request('http://x/', { headers: { 'content-length': '0' } }), 12)).toEqual({ text: '' })
  })

  it.each(['4097', '520000000', '99999999999999999999', '-1e9x', 'many'])(
    'is not read with a Content-Length of %s',
    async (length) => {
      const { request, pulled } = streamed(8, { 'content-length': length })
      expect(await readBody(request, 4 * KIB)).toMatchObject({ status: 413 })
      expect(pulled()).toBe(0)
    },
  )

  it('is not read without a Content-Length', async () => {
    const unsaid: Record<string, string>[] = [
      {},
      { 'transfer-encoding': 'chunked' },
      { 'transfer-encoding': 'chunked', 'content-length': '2' },
    ]
    for (const headers of unsaid) {
      const { request, pulled } = streamed(8, headers)
      expect(await readBody(request, 4 * KIB)).toMatchObject({ status: 411 })
      expect(pulled()).toBe(0)
    }
  })

  it('is abandoned as soon as it exceeds its length and the limit', async () => {
    const { request, pulled } = streamed(520_000, { 'content-length': '2' })
    expect(await readBody(request, 4 * KIB)).toMatchObject({ status: 413 })
    expect(pulled()).toBe(5)
  })

  it('that is aborted is reported', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('aborted')) })
    const request = { body, headers: new Headers({ 'content-length': '9' }) } as Request
    expect(await readBody(request, 4 * KIB)).toMatchObject({ status: 400 })
  })
})

it('invalid JSON parses to null', () => {
  expect([jsonIn('{"a":1}'), jsonIn('{'), jsonIn('')]).toEqual([{ a: 1 }, null, null])
})

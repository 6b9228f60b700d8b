import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'

/** Handles a request instead of the store. Calling `pass` passes it on to the store. */
export type Fault = (request: IncomingMessage, response: ServerResponse, pass: () => void) => void

export interface S3Server {
  /** Settings for an installation that archives to this store. */
  env: Record<string, string>
  /** While set, this function receives each request. */
  fault: Fault | null
  /** The keys of the finished objects, sorted. */
  keys(): Promise<string[]>
  close(): Promise<void>
}

const BUCKET = 'archive'
/** The credentials that s3rver knows. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }

/** Starts a store that speaks the S3 protocol over HTTP. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-test-'))
  const store = new S3rver({ directory, silent: true, configureBuckets: [{ name: BUCKET }] })
  await store.configureBuckets()
  const handle = store.callback()
  const http = createServer((request, response) => {
    const pass = () => handle(request, response)
    if (s3.fault) s3.fault(request, response, pass)
    else pass()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  Object.assign(process.env, CREDENTIALS)
  const s3: S3Server = {
    env: {
      EVENT_ARCHIVE_ENABLED: 'true',
      EVENT_ARCHIVE_URL: `s3://${BUCKET}/events`,
      EVENT_ARCHIVE_S3_ENDPOINT: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      EVENT_ARCHIVE_S3_PATH_STYLE: 'true',
    },
    fault: null,
    async keys() {
      const files = await readdir(join(directory, BUCKET), { recursive: true })
      return files
        .filter((file) => file.endsWith('._S3rver_object'))
        .map((file) => file.replace('._S3rver_object', ''))
        .sort()
    },
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      for (const name of Object.keys(CREDENTIALS)) delete process.env[name]
      await rm(directory, { recursive: true, force: true })
    },
  }
  return s3
}

/** Aborts the connection after the first bytes of the body. */
export const cutBody: Fault = (request) => {
  request.once('data', () => request.socket.destroy())
}

/** Answers with the stored object, but changes one byte. */
export const flipByte: Fault = (_request, response, pass) => {
  const write = response.write.bind(response)
  const flip = (chunk: unknown) => {
    if (Buffer.isBuffer(chunk) && chunk.length > 0) chunk[chunk.length >> 1] = (chunk[chunk.length >> 1] ?? 0) ^ 1
    return chunk
  }
  response.write = (chunk: unknown, ...rest: unknown[]) => Reflect.apply(write, response, [flip(chunk), ...rest])
  pass()
}

import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { BucketUrl } from '../../settings/retention.ts'
import { ArchiveMissing, type ArchiveStore } from './store.ts'

/**
 * An upload needs at most PART_BYTES times PARTS_AT_ONCE of memory. In S3 a part has at least 5 MiB, and an object at
 * most 10,000 parts.
 */
const PART_BYTES = 8 * 1024 * 1024
const PARTS_AT_ONCE = 2
const CONNECT_LIMIT_MS = 10_000
/** A request fails if the store neither sends nor accepts anything for this long. */
const SILENCE_LIMIT_MS = 60_000

interface S3Options {
  /** Where files are written. Null: this store is only used to read files. */
  target: BucketUrl | null
  endpoint: string | undefined
  pathStyle: boolean
}

/**
 * Stores files as objects in S3 or a compatible store. The SDK finds credentials and region in the AWS variables and
 * files. It is loaded when the first object is written or read.
 */
export function createS3Store({ target, endpoint, pathStyle }: S3Options): ArchiveStore {
  let loading: Promise<Sdk> | undefined
  const sdk = () => {
    loading ??= loadSdk(endpoint, pathStyle)
    return loading
  }
  const written = (name: string) => {
    if (!target) throw new Error('EVENT_ARCHIVE_URL is not set')
    return { Bucket: target.bucket, Key: `${target.prefix}${name}` }
  }
  return {
    target: target ? `s3://${target.bucket}/${target.prefix}` : '',
    locationOf(name) {
      const { Bucket, Key } = written(name)
      return `s3://${Bucket}/${Key}`
    },
    async write(name, body) {
      const object = written(name)
      const { client, Upload } = await sdk()
      await abortUploads(await sdk(), object)
      // A multipart upload becomes an object only when it is complete. If it fails, it is aborted, and nothing is left.
      const params = { ...object, Body: Readable.from(body, { objectMode: false }) }
      await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done()
    },
    async read(location) {
      const { client, GetObjectCommand } = await sdk()
      const { bucket, key } = objectOf(location)
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        if (Body instanceof Readable) return Body
      } catch (error) {
        if (error instanceof Error && /^(NoSuchKey|NotFound)$/.test(error.name))
          throw new ArchiveMissing(`there is no object ${location}`)
        throw error
      }
      throw new Error(`${location} has no content`)
    },
    async remove(name) {
      const { client, DeleteObjectCommand } = await sdk()
      await client.send(new DeleteObjectCommand(written(name)))
    },
    close: () => void loading?.then(({ client }) => client.destroy()),
  }
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>

async function loadSdk(endpoint: string | undefined, pathStyle: boolean) {
  const [s3, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')])
  const client: S3Client = new s3.S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    // Many compatible stores do not support the checksums that the SDK sends by default. Instead, every file is read
    // back and compared.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_LIMIT_MS, requestTimeout: SILENCE_LIMIT_MS },
  })
  return { ...s3, Upload, client }
}

/**
 * Aborts unfinished uploads of this name, which a killed process left behind. Some stores cannot list them; that is
 * ignored.
 */
async function abortUploads(
  { client, ListMultipartUploadsCommand, AbortMultipartUploadCommand }: Sdk,
  { Bucket, Key }: { Bucket: string; Key: string },
): Promise<void> {
  const listed = await client
    .send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }))
    .catch(() => ({ Uploads: undefined }))
  for (const upload of listed.Uploads ?? []) {
    if (upload.Key === Key)
      await client
        .send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: upload.UploadId }))
        .catch(() => undefined)
  }
}

/**
 * Splits a location into bucket and key. It is not parsed as a URL, because a key may have characters that URLs escape.
 */
function objectOf(location: string): { bucket: string; key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? []
  if (bucket === undefined || key === undefined) throw new Error(`${location} is not the location of an object`)
  return { bucket, key }
}

import { z } from 'zod'
import { flag, httpUrl, whole } from './types.ts'

/** A bucket, and the prefix of the keys in it. */
export interface BucketUrl {
  bucket: string
  /** Empty, or ends with a slash. */
  prefix: string
}

const BUCKET_URL = 's3://bucket or s3://bucket/prefix'

/** The rules of S3 for bucket names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketUrl = z.string().transform((text, issue): BucketUrl => {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^?#]*))?$/.exec(text) ?? []
  if (bucket === undefined || bucket.includes('..') || path.split('/').some((part) => part === '.' || part === '..')) {
    issue.addIssue(`expected ${BUCKET_URL}`)
    return z.NEVER
  }
  const prefix = path.replace(/^\/+|\/+$/g, '')
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` }
})

/** How long rows are kept, and where events are archived before they are deleted. */
export const retentionSettings = {
  EVENT_RETENTION_DAYS: whole(1, 3_650)
    .default(30)
    .describe('days for which events are kept, unless a policy was set through the API; docs/retention.md'),
  EVENT_RETENTION_CRON_SECONDS: whole(1, 86_400).default(3_600).describe('seconds between two prune runs'),
  AUDIT_RETENTION_DAYS: whole(1, 3_650).optional().describe('days for which audit entries are kept; unset: for ever'),
  ALERT_RETENTION_DAYS: whole(1, 3_650).default(90).describe('days for which resolved alerts are kept'),
  EVENT_ARCHIVE_ENABLED: flag.default(false).describe('archive events before they are pruned'),
  EVENT_ARCHIVE_DIR: z
    .string()
    .default('/app/data/archive')
    .describe('directory for archived events, unless EVENT_ARCHIVE_URL is set'),
  EVENT_ARCHIVE_URL: bucketUrl
    .optional()
    .describe('bucket for archived events: s3://bucket/prefix; credentials and region from the AWS variables'),
  EVENT_ARCHIVE_S3_ENDPOINT: httpUrl
    .optional()
    .describe('endpoint of an S3-compatible store, such as MinIO; AWS when unset'),
  EVENT_ARCHIVE_S3_PATH_STYLE: flag
    .default(false)
    .describe('address buckets by path (endpoint/bucket) instead of by host, as MinIO requires'),
} as const

import type { Env } from '../../env.ts'
import { createDirectoryStore } from './directory-store.ts'
import { createS3Store } from './s3-store.ts'
import type { ArchiveStore } from './store.ts'

type ArchiveEnv = Pick<
  Env,
  'EVENT_ARCHIVE_DIR' | 'EVENT_ARCHIVE_URL' | 'EVENT_ARCHIVE_S3_ENDPOINT' | 'EVENT_ARCHIVE_S3_PATH_STYLE'
>

export const archiveTarget = (env: ArchiveEnv): string =>
  env.EVENT_ARCHIVE_URL ? `s3://${env.EVENT_ARCHIVE_URL.bucket}/${env.EVENT_ARCHIVE_URL.prefix}` : env.EVENT_ARCHIVE_DIR

/**
 * The store to which new files are written. Files are read from wherever they were written, even if the setting has
 * changed.
 */
export function createArchiveStore(env: ArchiveEnv): ArchiveStore {
  const directory = createDirectoryStore(env.EVENT_ARCHIVE_DIR)
  const s3 = createS3Store({
    target: env.EVENT_ARCHIVE_URL ?? null,
    endpoint: env.EVENT_ARCHIVE_S3_ENDPOINT,
    pathStyle: env.EVENT_ARCHIVE_S3_PATH_STYLE,
  })
  const target = env.EVENT_ARCHIVE_URL ? s3 : directory
  return {
    ...target,
    target: archiveTarget(env),
    read: (location) => (location.startsWith('s3:') ? s3 : directory).read(location),
    close: s3.close,
  }
}

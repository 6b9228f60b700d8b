import { badInput } from '../kit/errors.ts'

/** A position in the feed: the `seq` of an event, opaque to the client. */
export const encodeFeedCursor = (seq: bigint): string => Buffer.from(`f1:${seq}`).toString('base64url')

/** Throws BAD_USER_INPUT for what this API never gave out. */
export function decodeFeedCursor(cursor: string, path: string | readonly string[]): bigint {
  const match = cursor.length <= 64 ? /^f1:(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString()) : null
  if (match) return BigInt(match[1]!)
  throw badInput(path, 'is not a position in the feed; takes the cursor of an event as the API gave it')
}

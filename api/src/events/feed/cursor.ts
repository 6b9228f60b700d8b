import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { AppContext } from '../../app-context.ts'
import { badInput } from '../../kit/errors.ts'

/** What every block begins with: a text that decrypts to anything else was not made here. */
const MARK = Buffer.from('feed-v1.')
const CURSOR = /^[\w-]{22}$/

const made = new WeakMap<object, Buffer[]>()

/** Keys of their own out of SECRET_KEY, which cursors are made with, and out of those before it (HKDF, RFC 5869). */
function keysOf({ env }: Pick<AppContext, 'env'>): Buffer[] {
  let keys = made.get(env)
  if (!keys) {
    keys = [env.SECRET_KEY, ...env.SECRET_KEY_PREVIOUS].map((key) =>
      Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64'), '', 'aetherlink/feed-cursor/v1', 32)),
    )
    made.set(env, keys)
  }
  return keys
}

/**
 * A position in the feed: the `seq` of an event. The feed is everybody's, so a bare number would tell a tenant how much the
 * others publish: it goes out as one AES block, which also shows what was not given out here.
 */
export function encodeFeedCursor(core: Pick<AppContext, 'env'>, seq: bigint): string {
  const block = Buffer.alloc(16)
  MARK.copy(block)
  block.writeBigUInt64BE(seq, 8)
  // A single block that never repeats under one key needs no mode: ECB is the block cipher itself.
  return createCipheriv('aes-256-ecb', keysOf(core)[0]!, null).setAutoPadding(false).update(block).toString('base64url')
}

/** Throws BAD_USER_INPUT for what this installation never gave out. */
export function decodeFeedCursor(
  core: Pick<AppContext, 'env'>,
  cursor: string,
  path: string | readonly string[],
): bigint {
  for (const key of CURSOR.test(cursor) ? keysOf(core) : []) {
    const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    const block = decipher.update(Buffer.from(cursor, 'base64url'))
    if (block.subarray(0, 8).equals(MARK)) return block.readBigUInt64BE(8)
  }
  throw badInput(path, 'is not a position in the feed; takes the cursor of an event as the API gave it')
}

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { AppContext } from '../../app-context.ts'
import { badInput } from '../../kit/errors.ts'

/** Prefix of every block. Text that decrypts to another prefix is not a cursor of this installation. */
const MARK = Buffer.from('feed-v1.')
const CURSOR = /^[\w-]{22}$/

const keysByEnv = new WeakMap<object, Buffer[]>()

/** Cursor keys derived from SECRET_KEY, for new cursors, and from its predecessors (HKDF, RFC 5869). */
function keysOf({ env }: Pick<AppContext, 'env'>): Buffer[] {
  let keys = keysByEnv.get(env)
  if (!keys) {
    keys = [env.SECRET_KEY, ...env.SECRET_KEY_PREVIOUS].map((key) =>
      Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64'), '', 'aetherlink/feed-cursor/v1', 32)),
    )
    keysByEnv.set(env, keys)
  }
  return keys
}

/**
 * Encodes a position in the feed, the `seq` of an event. All tenants share the feed, so a plain number would reveal
 * how much other tenants publish. The cursor is therefore one AES block, which also makes forged cursors detectable.
 */
export function encodeFeedCursor(core: Pick<AppContext, 'env'>, seq: bigint): string {
  const block = Buffer.alloc(16)
  MARK.copy(block)
  block.writeBigUInt64BE(seq, 8)
  // A single block that never repeats under one key needs no chaining mode: ECB is the bare block cipher.
  return createCipheriv('aes-256-ecb', keysOf(core)[0]!, null).setAutoPadding(false).update(block).toString('base64url')
}

/** Throws BAD_USER_INPUT for a cursor that this installation did not issue. */
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
  throw badInput(path, 'is not a feed cursor; expected the cursor of an event as returned by the API')
}

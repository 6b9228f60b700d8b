import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { AppContext } from '../../app-context.ts'
import { badInput } from '../../kit/errors.ts'

/** The first bytes of every decrypted cursor. If they differ, the text is not a cursor of this installation. */
const MARK = Buffer.from('feed-v1.')
const CURSOR = /^[\w-]{22}$/

const keysByEnv = new WeakMap<object, Buffer[]>()

/**
 * The encryption keys of cursors. The first one is derived from SECRET_KEY and used for new cursors, the others from
 * previous keys (HKDF, RFC 5869).
 */
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
 * Encrypts a position in the feed, which is the `seq` of an event. The feed contains the events of all tenants, so a
 * plain number would show how much other tenants publish. A cursor is one AES block, so a forged cursor is detected
 * too.
 */
export function encodeFeedCursor(core: Pick<AppContext, 'env'>, seq: bigint): string {
  const block = Buffer.alloc(16)
  MARK.copy(block)
  block.writeBigUInt64BE(seq, 8)
  // ECB encrypts each block on its own. That is safe here, because a cursor is a single block that does not repeat
  // under a key.
  return createCipheriv('aes-256-ecb', keysOf(core)[0]!, null).setAutoPadding(false).update(block).toString('base64url')
}

/** Decrypts a cursor. Throws BAD_USER_INPUT for a cursor that this installation has not issued. */
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

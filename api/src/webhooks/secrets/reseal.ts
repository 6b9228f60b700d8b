import type { AppContext } from '../../app-context.ts'
import { publicId } from '../../kit/ids.ts'
import { SealError } from '../../kit/seal.ts'
import { webhookSeals } from './secrets.ts'

/** Maximum number of webhooks per call. A worker can stop between two calls. */
const BATCH = 50
/** If a webhook changes this many times while it is processed, it is left for the next pass. */
const TRIES = 5
/** Maximum number of webhooks that the log lists. With a wrong key, none can be decrypted. */
const NAMED = 100

interface StoredSecret {
  sealed: string
  expiresAt: string
}

interface Sealed {
  id: string
  secret: string
  previous: StoredSecret[]
  headers: string | null
  isDeleted: boolean
}

const COLUMNS = `id, secret_sealed AS secret, previous_secrets AS previous, headers_sealed AS headers, deleted_at IS NOT NULL AS "isDeleted"`
const NEXT = `SELECT ${COLUMNS} FROM webhooks WHERE id > $1 ORDER BY id LIMIT ${BATCH}`
const AGAIN = `SELECT ${COLUMNS} FROM webhooks WHERE id = $1`

// The version and the time of the last change stay the same. The content does not change, so cached settings stay
// valid.
const SWAP = `UPDATE webhooks SET secret_sealed = $2, previous_secrets = $3::jsonb, headers_sealed = $4
  WHERE id = $1 AND secret_sealed = $5 AND previous_secrets = $6::jsonb AND headers_sealed IS NOT DISTINCT FROM $7
  RETURNING 1`

const beginning = () => ({
  after: '00000000-0000-0000-0000-000000000000',
  resealed: 0,
  left: 0,
  unreadable: [] as string[],
})

/**
 * Returns a function that encrypts texts again with SECRET_KEY if they were encrypted with a previous key. This
 * includes the texts of deleted webhooks. Each call processes a batch and returns whether more is left; after the last
 * one, the result is logged. As long as SECRET_KEY_PREVIOUS is set, passes are repeated, because a process that has not
 * been restarted yet still encrypts with its old key. Several workers may do this at once, and webhooks may change
 * meanwhile: a text is replaced only if it has not changed since it was read.
 */
export function createResealing(core: AppContext): () => Promise<boolean> {
  const isReplacing = core.env.SECRET_KEY_PREVIOUS.length > 0
  let pass = beginning()
  let passes = 0
  let warned = ''

  const tell = ({ resealed, left, unreadable }: typeof pass) => {
    const named = unreadable.slice(0, NAMED)
    if (unreadable.length > 0 && warned !== unreadable.join())
      core.log.warn(
        { count: unreadable.length, webhooks: named },
        'webhooks whose secrets cannot be decrypted: they were encrypted with a key that is missing in SECRET_KEY_PREVIOUS, or altered; nothing is delivered to them',
      )
    warned = unreadable.join()
    if (left > 0)
      core.log.info(
        { resealed, left },
        'webhooks were encrypted again with SECRET_KEY; those that changed meanwhile follow',
      )
    else if (isReplacing && (resealed > 0 || passes === 0))
      core.log.info(
        { resealed },
        'no webhook needs SECRET_KEY_PREVIOUS any more: it can be removed; feed cursors that were encrypted with it become invalid',
      )
  }

  return async () => {
    if (passes > 0 && !isReplacing) return false
    const rows = await core.db.query<Sealed>(NEXT, [pass.after])
    for (const row of rows) {
      const { resealed, left, unreadable } = await resealWebhook(core, row)
      if (resealed) pass.resealed++
      if (left) pass.left++
      // A deleted webhook does not need its secret any more and cannot get a new one.
      if (unreadable && !row.isDeleted) pass.unreadable.push(publicId('whk', row.id))
      pass.after = row.id
    }
    if (rows.length === BATCH) return true
    tell(pass)
    passes++
    pass = beginning()
    return false
  }
}

async function resealWebhook(
  core: AppContext,
  row: Sealed,
): Promise<{ resealed: boolean; left: boolean; unreadable: boolean }> {
  const seals = webhookSeals(core)
  let current: Sealed | undefined = row
  for (let tries = 0; current && tries < TRIES; tries++) {
    const { id, secret, previous, headers }: Sealed = current
    let unreadable = false
    /** If no key can decrypt a text, it stays as it is. The other texts of the webhook are still processed. */
    const anew = <Text extends string | null>(text: Text, reseal: (id: string, sealed: string) => string) => {
      try {
        return text === null ? null : reseal(id, text)
      } catch (error) {
        if (!(error instanceof SealError)) throw error
        unreadable = true
        return text
      }
    }
    const resealedPrevious = previous.map((stored) => ({ ...stored, sealed: anew(stored.sealed, seals.resealSecret) }))
    const next = [
      anew(secret, seals.resealSecret),
      JSON.stringify(resealedPrevious),
      anew(headers, seals.resealHeaders),
    ]
    const is = [secret, JSON.stringify(previous), headers]
    if (next.every((text, n) => text === is[n])) return { resealed: false, left: false, unreadable }
    if ((await core.db.query(SWAP, [id, ...next, ...is])).length > 0) return { resealed: true, left: false, unreadable }
    ;[current] = await core.db.query<Sealed>(AGAIN, [id])
  }
  return { resealed: false, left: current !== undefined, unreadable: false }
}

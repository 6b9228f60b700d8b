import { fromString, toUUID } from 'typeid-js'
import { uuidv7 } from 'uuidv7'
import { badInput } from './errors.ts'

/**
 * The kinds of public ids. A public id is a TypeID (https://github.com/jetify-com/typeid/tree/main/spec), which
 * contains a UUIDv7 (RFC 9562).
 */
export type IdKind =
  | 'evt'
  | 'dlv'
  | 'att'
  | 'whk'
  | 'rul'
  | 'tpl'
  | 'alr'
  | 'sil'
  | 'blk'
  | 'svc'
  | 'tgt'
  | 'heal'
  | 'prn'
  | 'arc'
  | 'aud'
  | 'key'
  | 'lead'
  | 'act'

/** Creates a UUIDv7. It is greater than all earlier ones of this process. */
export const newId = (): string => uuidv7()

/** Converts a UUID to a public id, for example evt_01h2x.... */
export const publicId = (kind: IdKind, uuid: string): string => `${kind}_${base32(uuid)}`

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * The 128 bits of a UUID, after two zero bits, as 26 characters of five bits (Crockford's base32). typeid-js is not
 * used, because it is seven times slower and every id in a response is converted here.
 */
function base32(uuid: string): string {
  let text = ''
  let rest = 0
  let bits = 2
  for (let i = 0; i < uuid.length; i++) {
    const code = uuid.charCodeAt(i)
    if (code === 0x2d) continue
    rest = (rest << 4) | (code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57)
    bits += 4
    if (bits < 5) continue
    bits -= 5
    text += ALPHABET[rest >> bits]
    rest &= (1 << bits) - 1
  }
  return text
}

/** The UUID of a public id of this kind; null if the text is not such an id. */
export function tryUuid(kind: IdKind, id: string): string | null {
  if (id.length > 40 || !id.startsWith(`${kind}_`)) return null
  try {
    return toUUID(fromString(id, kind))
  } catch {
    return null
  }
}

/** The UUID of a public id. Throws BAD_USER_INPUT at `path` if the id is invalid or of another kind. */
export function uuidOf(kind: IdKind, id: string, path: string | readonly string[]): string {
  const uuid = tryUuid(kind, id)
  if (uuid) return uuid
  const came = id.length > 60 ? `${id.slice(0, 60)}…` : id
  throw badInput(path, `${JSON.stringify(came)} is not an id of this kind; expected ${kind}_ and 26 characters`)
}

/** The time in a UUIDv7, in milliseconds. */
export const uuidTime = (uuid: string): number => Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)

/** The smallest UUIDv7 with this time. So `id >= uuidFloor(t)` means "created at t or later". */
export function uuidFloor(ms: number): string {
  const hex = Math.max(0, Math.min(2 ** 48 - 1, Math.ceil(ms)))
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

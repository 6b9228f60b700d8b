import { fromString, TypeID, toUUID } from 'typeid-js'
import { uuidv7 } from 'uuidv7'
import { badInput } from './errors.ts'

/** Public ids are TypeIDs (https://github.com/jetify-com/typeid/tree/main/spec) over UUIDv7 (RFC 9562). */
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
  | 'aud'
  | 'key'
  | 'lead'
  | 'act'

/** A UUIDv7, larger than every one this process made before. */
export const newId = (): string => uuidv7()

/** evt_01h2x... of a row's UUID. */
export const publicId = (kind: IdKind, uuid: string): string => TypeID.fromUUID(kind, uuid).toString()

/** The UUID of a public id of this kind, or null when it is none. */
export function tryUuid(kind: IdKind, id: string): string | null {
  if (id.length > 40 || !id.startsWith(`${kind}_`)) return null
  try {
    return toUUID(fromString(id, kind))
  } catch {
    return null
  }
}

/** The UUID of a public id. Throws BAD_USER_INPUT naming `path` when it is malformed or of another kind. */
export function uuidOf(kind: IdKind, id: string, path: string | readonly string[]): string {
  const uuid = tryUuid(kind, id)
  if (uuid) return uuid
  const came = id.length > 60 ? `${id.slice(0, 60)}…` : id
  throw badInput(path, `${JSON.stringify(came)} is not an id of this kind; takes ${kind}_ and 26 characters`)
}

/** The instant inside a UUIDv7, in milliseconds. */
export const uuidTime = (uuid: string): number => Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)

/** The least UUID of an instant: `id >= uuidFloor(t)` is "at or after t" on a UUIDv7 key. */
export function uuidFloor(ms: number): string {
  const hex = Math.max(0, Math.min(2 ** 48 - 1, Math.ceil(ms)))
    .toString(16)
    .padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

import { type IdKind, tryUuid } from '../../kit/ids.ts'

/** The meaning of a search text. */
export interface DeliverySearch {
  text: string
  /** A whole id; nothing else is searched. */
  id: { kind: 'dlv' | 'evt' | 'whk'; uuid: string } | null
  /** Webhooks whose name contains the text; null before the look-up. */
  webhookIds: readonly string[] | null
  /** Events with this correlation id. */
  eventIds: readonly string[]
}

const KINDS: readonly (DeliverySearch['id'] & object)['kind'][] = ['dlv', 'evt', 'whk']

/** Parses a search text into a whole id or text. */
export function parseSearch(text: string | null): DeliverySearch | null {
  if (text === null) return null
  for (const kind of KINDS) {
    const uuid = tryUuid(kind satisfies IdKind, text)
    if (uuid !== null) return { text, id: { kind, uuid }, webhookIds: [], eventIds: [] }
  }
  return { text, id: null, webhookIds: null, eventIds: [] }
}

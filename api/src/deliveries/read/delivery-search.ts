import { type IdKind, tryUuid } from '../../kit/ids.ts'

/** A parsed search text. */
export interface DeliverySearch {
  text: string
  /** Set if the text is a complete id; then nothing else is searched. */
  id: { kind: 'dlv' | 'evt' | 'whk'; uuid: string } | null
  /** Webhooks whose name contains the text; null until they have been looked up. */
  webhookIds: readonly string[] | null
  /** Events whose correlation id is the text. */
  eventIds: readonly string[]
}

const KINDS: readonly (DeliverySearch['id'] & object)['kind'][] = ['dlv', 'evt', 'whk']

/** Parses a search text: either a complete id or any other text. */
export function parseSearch(text: string | null): DeliverySearch | null {
  if (text === null) return null
  for (const kind of KINDS) {
    const uuid = tryUuid(kind satisfies IdKind, text)
    if (uuid !== null) return { text, id: { kind, uuid }, webhookIds: [], eventIds: [] }
  }
  return { text, id: null, webhookIds: null, eventIds: [] }
}

import { type IdKind, tryUuid } from '../../kit/ids.ts'

/** What a search text stands for. */
export interface DeliverySearch {
  text: string
  /** It is a whole id: nothing else is looked for. */
  id: { kind: 'dlv' | 'evt' | 'whk'; uuid: string } | null
  /** Webhooks whose name has the text; null: not looked up yet. */
  webhookIds: readonly string[] | null
  /** Events whose correlation id it is. */
  eventIds: readonly string[]
}

const KINDS: readonly (DeliverySearch['id'] & object)['kind'][] = ['dlv', 'evt', 'whk']

/** Reads a search text: a whole id, or text that is looked for. */
export function parseSearch(text: string | null): DeliverySearch | null {
  if (text === null) return null
  for (const kind of KINDS) {
    const uuid = tryUuid(kind satisfies IdKind, text)
    if (uuid !== null) return { text, id: { kind, uuid }, webhookIds: [], eventIds: [] }
  }
  return { text, id: null, webhookIds: null, eventIds: [] }
}

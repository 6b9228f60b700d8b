/**
 * Where the reader of a list is. New rows push down what is below them, so they appear by themselves only under somebody who
 * looks at the top of the list and at nothing in particular; else they wait until they are asked for.
 */
export interface Reader {
  /** The top of the list is in sight, or below what is. */
  atTop: boolean
  /** The details of a row are open. */
  opened: boolean
  held: boolean
}

export type ReaderEvent =
  | { type: 'left' }
  | { type: 'returned' }
  | { type: 'opened' }
  /** `waiting`: whether rows have come meanwhile. */
  | { type: 'closed'; waiting: boolean }
  /** The rows that wait were asked for. */
  | { type: 'asked' }

export const AT_TOP: Reader = { atTop: true, opened: false, held: false }

/** The next state. Coming back to the top by oneself asks for what waits; closing details does not: one reads on from there. */
export function nextReader(reader: Reader, event: ReaderEvent): Reader {
  switch (event.type) {
    case 'left':
      return reader.atTop ? { ...reader, atTop: false, held: true } : reader
    case 'returned':
      return reader.atTop ? reader : { ...reader, atTop: true, held: reader.opened }
    case 'opened':
      return { ...reader, opened: true, held: true }
    case 'closed':
      return { ...reader, opened: false, held: reader.held && (event.waiting || !reader.atTop) }
    case 'asked':
      return { ...reader, atTop: true, held: reader.opened }
  }
}

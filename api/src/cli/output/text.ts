/** Control characters. Any text from the API may come from a stranger and could use them to manipulate the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this replaces them
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

/** A text in one line and without control characters. */
export const plain = (text: string): string => text.replace(CONTROL, ' ')

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Emoji_Presentation}/u

const widthOfGrapheme = (grapheme: string) => (WIDE.test(grapheme) ? 2 : 1)

/** The width of a text in a terminal, in columns. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += widthOfGrapheme(segment)
  return width
}

/** Cuts a text to a number of columns. "…" takes the place of the rest. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    width += widthOfGrapheme(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** A time for people, in UTC, with a precision of seconds. */
export const time = (instant: string | null | undefined): string =>
  instant ? instant.replace('T', ' ').replace(/(\.\d+)?Z$/, 'Z') : '-'

export const milliseconds = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '-' : ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`

export const percent = (part: number | null | undefined): string =>
  part === null || part === undefined ? '-' : `${(part * 100).toFixed(part >= 0.9995 || part === 0 ? 0 : 1)} %`

export const count = (number: number): string => number.toLocaleString('en-US')

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
export function bytes(size: number): string {
  const unit = size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10))
  return `${unit === 0 ? size : (size / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`
}

/** A duration for people, in its two largest units: "2 h 5 min". */
export function duration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const
  const first = units.findIndex(([, size]) => ms >= size)
  if (first === -1) return '0 s'
  let rest = ms
  const parts = units.slice(first, first + 2).flatMap(([unit, size]) => {
    const whole = Math.floor(rest / size)
    rest -= whole * size
    return whole > 0 ? [`${whole} ${unit}`] : []
  })
  return parts.join(' ')
}

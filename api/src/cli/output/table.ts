import type { Paint, Style } from './paint.ts'
import { cut, plain, widthOf } from './text.ts'

export interface Column<Row> {
  title: string
  value: (row: Row) => string | number | null | undefined
  style?: (row: Row) => Style | undefined
  /** Whether the column may be cut if the terminal is too narrow. */
  flexible?: boolean
  align?: 'right'
}

const GAP = '  '
const LEAST_WIDTH = 10

/**
 * Formats rows below the titles of their columns. Flexible columns are cut so that a row fits the width of the terminal,
 * `width`. If `width` is null, no value is cut, because a program reads the output.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint }: { width: number | null; paint: Paint },
): string {
  const cells = rows.map((row) => columns.map(({ value }) => plain(String(value(row) ?? '-'))))
  const natural = columns.map(({ title }, at) => Math.max(widthOf(title), ...cells.map((row) => widthOf(row[at]!))))
  const widths = width === null ? natural : fit(columns, natural, width)
  const line = (texts: readonly string[], styled: (text: string, at: number) => string) =>
    texts
      .map((text, at) => {
        const shown = cut(text, widths[at]!)
        const space = ' '.repeat(widths[at]! - widthOf(shown))
        const whole = styled(shown, at)
        return columns[at]!.align === 'right' ? space + whole : whole + space
      })
      .join(GAP)
      .trimEnd()
  const head = line(
    columns.map(({ title }) => title.toUpperCase()),
    (text) => paint(text, 'dim'),
  )
  const body = rows.map((row, index) =>
    line(cells[index]!, (text, at) => {
      const style = columns[at]!.style?.(row)
      return style ? paint(text, style) : text
    }),
  )
  return [head, ...body].join('\n')
}

/** The widths of the columns so that all fit into `width`. The widest flexible column is cut first. */
function fit<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width
  while (excess > 0) {
    const widest = columns.reduce(
      (best, { flexible }, at) =>
        flexible && widths[at]! > LEAST_WIDTH && (best === -1 || widths[at]! > widths[best]!) ? at : best,
      -1,
    )
    if (widest === -1) break
    widths[widest]! -= 1
    excess -= 1
  }
  return widths
}

/** Formats names and values, one pair per line. Null values are left out. */
export function details(
  entries: readonly (readonly [string, string | number | null | undefined])[],
  paint: Paint,
): string {
  const shown = entries.filter((entry) => entry[1] !== null && entry[1] !== undefined && entry[1] !== '')
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)))
  return shown.map(([name, value]) => `${paint(name.padEnd(width), 'dim')}  ${plain(String(value))}`).join('\n')
}

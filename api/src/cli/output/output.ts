import type { Io } from '../session/io.ts'
import { createPaint, type Paint } from './paint.ts'
import { type Column, table } from './table.ts'

/** The functions with which a command writes its output. */
export interface Output {
  readonly isJson: boolean
  readonly paint: Paint
  /** Writes the result of the command: `value` as one JSON document with --json, else `text`. */
  result(value: unknown, text: () => string): void
  /**
   * Writes one of several results: `value` as a line of NDJSON with --json, else `text`. Resolves when standard output
   * has accepted it.
   */
  item(value: unknown, text: () => string): Promise<void>
  /** Formats rows as a table, cut to the width of the terminal. `empty` is the text if there are no rows. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], empty: string): string
  /** Writes a remark for people to standard error, unless --json is given. */
  note(text: string): void
}

/** C1 control characters. JSON does not escape them, but terminals interpret them. */
const C1 = /[\u007f-\u009f]/g
const json = (value: unknown, space?: number) =>
  JSON.stringify(value, null, space).replace(C1, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

const MAX_WIDTH = 400

export function createOutput(
  { stdout, stderr, env }: Pick<Io, 'stdout' | 'stderr' | 'env'>,
  { json: isJson, color }: { json: boolean; color: boolean },
): Output {
  const isColoured = color && !isJson && stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = createPaint(isColoured)
  const width = stdout.isTTY ? Math.min(stdout.columns ?? 80, MAX_WIDTH) : null
  return {
    isJson,
    paint,
    result(value, text) {
      stdout.write(`${isJson ? json(value, 2) : text()}\n`)
    },
    async item(value, text) {
      if (!stdout.write(`${isJson ? json(value) : text()}\n`))
        await new Promise<void>((resolve) => stdout.once('drain', resolve))
    },
    table: (columns, rows, empty) => (rows.length === 0 ? empty : table(columns, rows, { width, paint })),
    note(text) {
      if (!isJson) stderr.write(`${stderr.isTTY && isColoured ? paint(text, 'dim') : text}\n`)
    },
  }
}

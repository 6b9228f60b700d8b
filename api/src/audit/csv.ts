/**
 * The start of a cell that a spreadsheet would read as a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const NEEDS_QUOTES = /[",\r\n]/

/**
 * A row of CSV (RFC 4180), including the line break. Null becomes an empty cell. A cell that a spreadsheet would read
 * as a formula gets a leading `'`, so that it is read as text.
 */
export const csvRow = (cells: readonly (string | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`

function csvCell(text: string | null): string {
  if (text === null) return ''
  const safe = FORMULA.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const ESCAPE = /\\(?:u([\da-f]{4})|(.))/gi
const CHARACTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Decodes the escape sequences in the strings of a JSON text, so that the text is what people read and search for.
 * U+0000 and lone surrogates become U+FFFD. The SQL function readable_json does the same.
 */
export function readableJson(text: string): string {
  if (!text.includes('\\')) return text
  return text
    .replace(ESCAPE, (_, code: string | undefined, letter: string) =>
      code === undefined ? (CHARACTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll('\0', '\ufffd')
    .toWellFormed()
}

/**
 * The readable payload of `events e` as SQL. Most payloads have no escape sequences, so the function is not called for
 * them.
 */
export const READABLE_PAYLOAD = `CASE WHEN position('\\' IN e.payload::text) = 0 THEN e.payload::text ELSE readable_json(e.payload) END`

const ESCAPE = /\\(?:u([\da-f]{4})|(.))/gi
const CHARACTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Decodes the string escapes of JSON text, to match what people read and search for. U+0000 and lone surrogates
 * become U+FFFD. The stored function readable_json does the same in SQL.
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

/** SQL of the readable payload of `events e`. Most payloads have no escapes and skip the function call. */
export const READABLE_PAYLOAD = `CASE WHEN position('\\' IN e.payload::text) = 0 THEN e.payload::text ELSE readable_json(e.payload) END`

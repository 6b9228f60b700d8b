const ESCAPE = /\\(?:u([\da-f]{4})|(.))/gi
const CHARACTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * JSON text with the escapes of its strings decoded: what a person reads and searches for. What has no character, U+0000 and half a
 * surrogate pair, becomes U+FFFD. The stored function readable_json does the same for rows.
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

/** SQL for the readable payload of `events e`. Most payloads have no escape, and need no call of a function. */
export const READABLE_PAYLOAD = `CASE WHEN position('\\' IN e.payload::text) = 0 THEN e.payload::text ELSE readable_json(e.payload) END`

/** Characters of any message that leaves the process: it says what is wrong, and is not what was sent. */
export const MAX_MESSAGE = 300

export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

const MAX_TEXT = 40
const MAX_ITEMS = 3
const MAX_LEVELS = 2
const MAX_BRIEF = 100

/** A value of JSON to be recognised by in a message, in at most 100 characters; reads no more of it than that takes. */
export const brief = (value: unknown): string => cut(shown(value, MAX_LEVELS), MAX_BRIEF)

function shown(value: unknown, levels: number): string {
  if (typeof value === 'string') return JSON.stringify(cut(value, MAX_TEXT))
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) {
    if (levels === 0) return '[…]'
    const items = value.slice(0, MAX_ITEMS).map((item) => shown(item, levels - 1))
    return `[${[...items, ...(value.length > MAX_ITEMS ? ['…'] : [])].join(', ')}]`
  }
  if (levels === 0) return '{…}'
  const fields: string[] = []
  for (const name in value) {
    if (fields.length === MAX_ITEMS) return `{ ${fields.join(', ')}, … }`
    fields.push(`${cut(name, MAX_TEXT)}: ${shown((value as Record<string, unknown>)[name], levels - 1)}`)
  }
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

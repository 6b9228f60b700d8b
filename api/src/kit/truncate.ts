/**
 * Maximum length of an error message that leaves the process. It must describe a problem without repeating the whole
 * input.
 */
export const MAX_MESSAGE = 300

export const truncate = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

const MAX_TEXT = 40
const MAX_ITEMS = 3
const MAX_LEVELS = 2
const MAX_DESCRIPTION = 100

/** Describes a JSON value for a message in at most 100 characters. Reads only as much of the value as needed. */
export const describeValue = (value: unknown): string => truncate(shown(value, MAX_LEVELS), MAX_DESCRIPTION)

function shown(value: unknown, levels: number): string {
  if (typeof value === 'string') return JSON.stringify(truncate(value, MAX_TEXT))
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
    fields.push(`${truncate(name, MAX_TEXT)}: ${shown((value as Record<string, unknown>)[name], levels - 1)}`)
  }
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** A text in lower case, without accents, spaces and punctuation, for comparing a name with a mail address. */
export const folded = (text: string): string =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .replaceAll('ø', 'o')
    .replaceAll('ı', 'i')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')

/** A capitalised word, such as Anna, O'Malley, Drummond-Hay or ÖZDAL. */
export const CAPITALISED = String.raw`\p{Lu}(?:['’]\p{Lu})?[\p{L}'’\-]*`

/** Particles in personal names. */
export const NAME_PARTICLES = 'von van der den de da di do del della dos du la le ter zu bin al el'.split(' ')

/** Small words within names of companies. */
export const COMPANY_PARTICLES = 'de da do del della dos du des la le und y e et of the'.split(' ')

/** White space within a line. */
export const GAP = String.raw`[^\S\r\n]+`

/** A pattern for any of several phrases. Longer phrases come first, so that "from the" is preferred to "from". */
export const anyOf = (phrases: readonly string[]): string =>
  phrases
    .toSorted((a, b) => b.length - a.length)
    .map((phrase) => phrase.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(' ', String.raw`\s+`))
    .join('|')

/** The lines of a text, trimmed. Empty lines and lines that name the recipients of a message are left out. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !RECIPIENT.test(line))

const RECIPIENT = /^(?:to|cc|bcc|an|à|para|a|aan|till|til|do)\s*:/iu

/** The label and value of a line such as `Company: Nordwind`; null for any other line. */
export function fieldOf(line: string): { label: string; value: string } | null {
  const at = line.search(/[:：]/u)
  if (at < 1 || at > 40) return null
  const value = line.slice(at + 1).trim()
  return value === '' ? null : { label: line.slice(0, at).trim().toLowerCase(), value }
}

/** A candidate and its score. */
export interface Candidate {
  text: string
  score: number
}

/** The text with the highest score. If several have it, the first. */
export const bestOf = (candidates: readonly Candidate[]): string | null =>
  candidates.reduce<Candidate | null>((best, one) => (best === null || one.score > best.score ? one : best), null)
    ?.text ?? null

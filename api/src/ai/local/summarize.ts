import { words } from './words.ts'

/** Texts up to this length need no summary. */
const SHORT = 160
const MAX_SUMMARY = 320
const MAX_SENTENCES = 3
/** Maximum number of sentences to rank. Notes about a contact usually have fewer. */
const MAX_READ = 200

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' })

/**
 * An extractive summary: the sentences that share most words with the rest of the text, in the order of the text.
 * Sentences are ranked by word frequency (Luhn, The Automatic Creation of Literature Abstracts, 1958). The first
 * sentence gets more weight, and so do sentences with figures or dates, which often contain agreements.
 */
export function summarize(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  if (flat.length <= SHORT) return flat
  const read = firstSentences(text)
  const frequency = new Map<string, number>()
  for (const { terms } of read) for (const term of terms) frequency.set(term, (frequency.get(term) ?? 0) + 1)

  const scored = read.map(({ sentence, terms }, index) => {
    const shared = [...terms].reduce((sum, term) => sum + (frequency.get(term) ?? 0) - 1, 0)
    const density = terms.size === 0 ? 0 : shared / Math.sqrt(terms.size)
    const figures = /\p{Nd}/u.test(sentence) ? 1.5 : 0
    return { sentence, index, score: terms.size < 3 ? -1 : density + figures + (index === 0 ? 1 : 0) }
  })
  const chosen: typeof scored = []
  let length = 0
  for (const candidate of scored.toSorted((a, b) => b.score - a.score || a.index - b.index)) {
    if (chosen.length === MAX_SENTENCES) break
    if (chosen.length > 0 && length + candidate.sentence.length + 1 > MAX_SUMMARY) continue
    chosen.push(candidate)
    length += candidate.sentence.length + 1
  }
  const summary = chosen
    .toSorted((a, b) => a.index - b.index)
    .map(({ sentence }) => sentence)
    .join(' ')
  return summary.length <= MAX_SUMMARY ? summary : `${summary.slice(0, MAX_SUMMARY - 1).trimEnd()}…`
}

/** The first MAX_READ sentences. Each line is split by itself, because the lines of a note often have no full stops. */
function firstSentences(text: string) {
  const read: { sentence: string; terms: ReadonlySet<string> }[] = []
  for (const line of text.split(/\r?\n/)) {
    for (const { segment } of sentences.segment(line)) {
      const sentence = segment.replaceAll(/\s+/g, ' ').trim()
      if (sentence !== '') read.push({ sentence, terms: new Set(words(sentence)) })
      if (read.length === MAX_READ) return read
    }
  }
  return read
}

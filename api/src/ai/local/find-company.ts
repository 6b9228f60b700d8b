import type { FoundAddress } from './contacts.ts'
import { anyOf, bestOf, CAPITALISED, type Candidate, COMPANY_PARTICLES, fieldOf, folded, GAP, linesOf } from './text.ts'

/** Legal forms at the end of a company's name. Short forms must be in capitals, because "as" is also a word. */
const LONG_FORMS = [
  'GmbH & Co. KG',
  'GmbH',
  'Pty Ltd',
  'Pte. Ltd.',
  'Pte Ltd',
  'Pvt Ltd',
  'Ltd.',
  'Ltd',
  'Limited',
  'Inc.',
  'Inc',
  'LLC',
  'LLP',
  'PLC',
  'Corp.',
  'Corp',
  'Corporation',
  'SARL',
  'S.A.R.L.',
  'S.r.l.',
  'SRL',
  'SpA',
  'S.p.A.',
  'Ltda',
  'Ltda.',
  'Lda',
  'Lda.',
  'Sp. z o.o.',
  's.r.o.',
  'd.o.o.',
  'Kft.',
  'ApS',
  'A/S',
  'A.Ş.',
  'S.A.S.',
  'S.A.',
  'S.L.',
  'B.V.',
  'N.V.',
  'e.V.',
]
const SHORT_FORMS = ['AG', 'KG', 'UG', 'SE', 'OHG', 'SA', 'SAS', 'SL', 'BV', 'NV', 'AB', 'AS', 'Oy', 'OÜ', 'KK']
const longForm = new RegExp(String.raw`(?<=[\p{L}\p{N}.]),?\s+(?:${anyOf(LONG_FORMS)})(?![\p{L}])`, 'giu')
const shortForm = new RegExp(String.raw`(?<=[\p{L}\p{N}]),?\s+(?:${anyOf(SHORT_FORMS)})(?![\p{L}])`, 'gu')

const COMPANY = String.raw`${CAPITALISED}(?:${GAP}(?:(?:&|\+|${anyOf(COMPANY_PARTICLES)})${GAP})?${CAPITALISED}){0,5}`

/** Words that precede the name of a person's company. They count only if a capitalised word follows. */
const BELONGING = [
  'on behalf of',
  'behalf of',
  'work at',
  'work for',
  'manager at',
  'from',
  'from the',
  'at',
  'with',
  'of the',
  'of',
  "we're",
  'we are',
  'von der',
  'von',
  'vom',
  'bei der',
  'bei',
  'firma',
  'wir sind die',
  'chez',
  'de la société',
  'société',
  'entreprise',
  'de la empresa',
  'empresa',
  'de',
  'en',
  'per conto di',
  'azienda',
  'della',
  'di',
  'van',
  'bij',
  'fra',
  'från',
  'på',
  'na',
  'da',
  'z firmy',
  'firmy',
  'firmę',
  've firmě',
  'firmě',
  'yrityksessä',
]
const belonging = new RegExp(String.raw`(?<![\p{L}'’])(?:${anyOf(BELONGING)})\s+`, 'giu')
const company = new RegExp(COMPANY, 'uy')

const FIELDS = new Set(
  'company,company name,organisation,organization,employer,business,firma,unternehmen,société,entreprise,empresa,azienda,ditta,bedrijf,organisatie,företag,virksomhed,spółka,společnost,şirket,会社名,御社名'.split(
    ',',
  ),
)
const japaneseCompany =
  /((?:株式会社|有限会社|合同会社)[\p{Script=Han}\p{Script=Katakana}ー]{1,20}|[\p{Script=Han}\p{Script=Katakana}ー]{1,20}(?:株式会社|有限会社|合同会社))/u

/** Words that are no company on their own, and that no company's name begins with. */
const NO_COMPANY = new Set(
  'i the our your my monday tuesday wednesday thursday friday freitag montag q1 q2 q3 q4 re sso ihre meine frau herr mr mrs ms dr wien berlin january february march april may june july'.split(
    ' ',
  ),
)

/**
 * The company of the person in a text; null when the text names none. `name` is the person's name, which is removed
 * from the result.
 */
export function findCompany(text: string, address: FoundAddress | null, name: string | null): string | null {
  const lines = linesOf(text)
  const shown = lines.join('\n')
  const label = address === null ? null : folded(address.domain.split('.')[0] ?? '')
  const candidates: Candidate[] = []
  const add = (raw: string | undefined, score: number) => {
    const cleaned = raw && clean(raw, name)
    if (cleaned) candidates.push({ text: cleaned, score: score + (agrees(cleaned, label) ? 4 : 0) })
  }

  for (const line of lines) {
    const field = fieldOf(line)
    if (field && FIELDS.has(field.label)) add(field.value, 10)
    for (const form of [longForm, shortForm])
      for (const match of line.matchAll(form)) add(beforeForm(line, match.index) + match[0], 8)
  }
  add(japaneseCompany.exec(shown)?.[1], 9)
  for (const match of shown.matchAll(belonging)) {
    company.lastIndex = match.index + match[0].length
    add(company.exec(shown)?.[0], match[0].trim().length > 3 ? 4 : 2)
  }
  // A part of a list or of a signature counts as a company only if it matches the domain of the mail address.
  for (const part of shown.split(/[\n,;|/·•]|\s[-–—]\s/u)) if (agrees(part, label)) add(part.trim(), 0)
  return bestOf(candidates)
}

const MAX_WORDS_BEFORE = 6
const MAX_BEFORE = 150

/** The words before a legal form, going back to the first word that cannot be part of the name. */
function beforeForm(line: string, end: number): string {
  const words =
    line
      .slice(Math.max(0, end - MAX_BEFORE), end)
      .split(/(?<=[,;:|(/"“.])\s+/u)
      .at(-1)
      ?.split(/\s+/) ?? []
  const kept: string[] = []
  for (const word of words.reverse()) {
    const belongs = /^[\p{Lu}\p{N}&+]/u.test(word) || COMPANY_PARTICLES.includes(word)
    if (!belongs || kept.length === MAX_WORDS_BEFORE) break
    kept.unshift(word)
  }
  return kept.join(' ')
}

function clean(text: string, name: string | null): string | null {
  let flat = text.replaceAll(/\s+/g, ' ').trim()
  if (name !== null && flat.startsWith(`${name} `)) flat = flat.slice(name.length + 1)
  const words = flat.split(' ')
  while (words[0] !== undefined && COMPANY_PARTICLES.includes(words[0])) words.shift()
  flat = words.join(' ').replaceAll(/^[\s"“(]+|[\s"”),;:!?]+$/gu, '')
  const first = words[0]?.toLowerCase().replace(/\.$/, '')
  if (flat.length < 2 || flat.length > 120 || first === undefined || NO_COMPANY.has(first)) return null
  if (flat.includes('@') || flat === name || name?.split(' ').includes(flat)) return null
  return flat
}

/** Whether a company's name matches a mail domain: Quarry Hill Software matches quarryhill. */
function agrees(text: string, label: string | null): boolean {
  if (label === null || label.length < 4) return false
  const flat = folded(text)
  return flat.startsWith(label) || (flat.length > 4 && label.startsWith(flat)) || flat.includes(label)
}

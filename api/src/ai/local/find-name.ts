import addresses from 'email-addresses'
import type { FoundAddress } from './contacts.ts'
import { anyOf, bestOf, CAPITALISED, type Candidate, fieldOf, folded, GAP, linesOf, NAME_PARTICLES } from './text.ts'

const TITLES =
  'mr mrs ms miss dr prof herr herrn frau hr m. mme mlle monsieur madame sr sra srta señor señora sig. signor signora dhr mevr mw pan pani dott dott. ing'.split(
    ' ',
  )
const TITLE = String.raw`(?:(?:${anyOf(TITLES)})\.?\s+)`

/** A person's name: up to four capitalised words. Particles may follow the first word, as in Joris van der Velde. */
const NAME = `${CAPITALISED}(?:${GAP}(?:(?:${anyOf(NAME_PARTICLES)})${GAP}){1,2}${CAPITALISED}|(?:${GAP}${CAPITALISED}){0,3})`

/** Phrases that precede the speaker's own name. */
const INTRODUCTIONS = [
  'my name is',
  'i am',
  "i'm",
  'this is',
  'mein name ist',
  'ich heiße',
  'ich bin',
  "je m'appelle",
  'je suis',
  'me llamo',
  'mi nombre es',
  'soy',
  'mi chiamo',
  'sono',
  'mijn naam is',
  'ik ben',
  'ik heet',
  'meu nome é',
  'me chamo',
  'sou',
  'sou a',
  'sou o',
  'jag heter',
  'mit navn er',
  'jeg heter',
  'nimeni on',
  'nazywam się',
  'z tej strony',
  'jmenuji se',
  'numele meu este',
  'ben',
]

/** Phrases that precede the name of a third person. */
const MENTIONS = [
  'spoke with',
  'spoke to',
  'met with',
  'talked to',
  'my colleague',
  'please contact',
  'contact',
  'lead from',
  'gesprochen mit',
  'kundin',
  'kunde',
]

const CLOSINGS = [
  'best regards',
  'kind regards',
  'warm regards',
  'regards',
  'sincerely',
  'cheers',
  'thanks',
  'thank you',
  'mit freundlichen grüßen',
  'viele grüße',
  'beste grüße',
  'cordialement',
  'saludos',
  'atentamente',
  'cordiali saluti',
  'distinti saluti',
  'met vriendelijke groet',
  'com os melhores cumprimentos',
  'atenciosamente',
  'vänliga hälsningar',
  'venlig hilsen',
  'pozdrawiam',
  's pozdravem',
  'saygılarımla',
  'terveisin',
]

const NAME_FIELDS = new Set(
  'name,full name,your name,contact,contact person,customer,client,nom,nom complet,nome,nome e cognome,nome completo,nombre,nombre y apellidos,naam,namn,navn,nimi,imię i nazwisko,jméno,ad soyad,nume,ansprechpartner,ansprechpartnerin,kunde,kundin,氏名,お名前'.split(
    ',',
  ),
)
const FIRST_FIELDS = new Set('first name,given name,vorname,prénom,voornaam,förnamn,fornavn,imię'.split(','))
const LAST_FIELDS = new Set(
  'last name,surname,family name,nachname,nom de famille,achternaam,efternamn,efternavn,nazwisko'.split(','),
)
const FROM_FIELDS = new Set('from,von,de,da,van,från,fra,od'.split(','))

/** Words in signatures and greetings that are not part of a name. */
const NO_NAME = new Set(
  `the hello hi dear good bonjour hola hallo head sales director manager ceo cto founder account accounts order invoice call
  best kind regards team subject date message order re fw please contact form level street payable voicemail lead webinar
  interested our we telefon mail tel phone mobile sehr guten meine mein bitte firma`.split(/\s+/),
)

const japaneseName =
  /の([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{2,12}?)(?:と申します|です|でございます)/u

const introduced = new RegExp(String.raw`(?<![\p{L}'’])(?:${anyOf(INTRODUCTIONS)})\s+`, 'giu')
const mentioned = new RegExp(String.raw`(?<![\p{L}'’])(?:${anyOf(MENTIONS)})[:,]?\s+`, 'giu')
const titled = new RegExp(String.raw`(?<![\p{L}'’])${TITLE}{1,3}`, 'giu')
const closed = new RegExp(String.raw`(?<![\p{L}'’])(?:${anyOf(CLOSINGS)})\s*[,.!–-]*\s*`, 'giu')
const titledName = new RegExp(`${TITLE}{0,3}`, 'iuy')
const name = new RegExp(NAME, 'uy')
const names = new RegExp(String.raw`(?<![\p{L}'’])${NAME}`, 'gu')
/** Separators of list items, sentences and the parts of a signature. */
const PARTS = /\s*(?:[\n,;|/·•(]|[.!?]\s|\s[-–—]\s)\s*/u
const wholeName = new RegExp(`^(?:${NAME})$`, 'u')

/** The name, without titles, of the person whom a text is from or about; null when the text names nobody. */
export function findName(text: string, address: FoundAddress | null): string | null {
  const lines = linesOf(text)
  const shown = lines.join('\n')
  const candidates: Candidate[] = []
  const add = (raw: string | null | undefined, score: number) => {
    const cleaned = raw && clean(raw)
    if (!cleaned) return
    const several = cleaned.includes(' ') ? 2 : 0
    candidates.push({ text: cleaned, score: score + several + agreement(cleaned, address) })
  }

  for (const one of inFields(lines)) add(one, 9)
  const japanese = japaneseName.exec(shown)?.[1]
  if (japanese) add(japanese, 9)
  for (const one of after(introduced, shown)) add(one, 8)
  for (const one of after(titled, shown)) add(one, 7)
  for (const one of after(mentioned, shown)) add(one, 6)
  for (const one of after(closed, shown)) add(one, 5)
  for (const line of lines) if (wholeName.test(line)) add(line, 3)
  for (const part of shown.split(PARTS)) if (wholeName.test(part) && part.includes(' ')) add(part, 1)
  // Any other capitalised words count as a name only if the mail address matches them.
  if (address) for (const [one] of shown.matchAll(names)) if (agreement(one, address) > 0) add(one, 0)
  return bestOf(candidates)
}

/** Maximum length of a mailbox with its display name. It is limited because the parser is recursive. */
const MAX_MAILBOX = 320

/** Values of form fields that hold names, and names of senders in message headers. */
function inFields(lines: readonly string[]): string[] {
  const fieldNames: string[] = []
  let first: string | null = null
  for (const line of lines) {
    const field = fieldOf(line)
    if (field === null) continue
    const { label, value } = field
    if (FROM_FIELDS.has(label) && value.length <= MAX_MAILBOX) {
      const parsed = addresses.parseOneAddress({ input: value, rfc6532: true })
      if (parsed?.type === 'mailbox' && parsed.name) fieldNames.push(parsed.name)
    } else if (FIRST_FIELDS.has(label)) first = value
    else if (LAST_FIELDS.has(label)) fieldNames.push(first === null ? value : `${first} ${value}`)
    else if (NAME_FIELDS.has(label)) fieldNames.push(value.split(/[,;|]/)[0] ?? value)
  }
  return fieldNames
}

/** The names that directly follow a phrase, without titles. */
function* after(phrase: RegExp, text: string): Iterable<string> {
  for (const match of text.matchAll(phrase)) {
    titledName.lastIndex = match.index + match[0].length
    titledName.test(text)
    name.lastIndex = Math.max(titledName.lastIndex, match.index + match[0].length)
    const nameMatch = name.exec(text)
    if (nameMatch) yield nameMatch[0]
  }
}

/** Two points for each part of the name that the mailbox contains: anna.berger@ contains both parts of Anna Berger. */
function agreement(text: string, address: FoundAddress | null): number {
  if (address === null) return 0
  const mailbox = folded(address.local)
  return text.split(/\s+/).filter((word) => word.length > 1 && mailbox.includes(folded(word))).length * 2
}

const leadingTitle = new RegExp(`^${TITLE}{1,3}`, 'iu')
const MAX_NAME = 80

function clean(text: string): string | null {
  const flat = text
    .replaceAll(/\s+/g, ' ')
    .replace(leadingTitle, '')
    .replaceAll(/^[\s"'“”]+|[\s"'“”.,]+$/gu, '')
  if (flat === '' || flat.length > MAX_NAME) return null
  const parts = flat.split(' ')
  const end = parts.findIndex((part) => NO_NAME.has(part.toLowerCase()))
  const kept = end === -1 ? parts : parts.slice(0, end)
  if (kept.length === 0) return null
  // A name in capitals, such as "PRISCILLA VANTERPOOL" in a signature, is written in ordinary letter case.
  return kept.map((part) => (part.length > 2 && part === part.toUpperCase() ? titleCase(part) : part)).join(' ')
}

const titleCase = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll(/(^|['’-])(\p{L})/gu, (_all, before: string, letter: string) => before + letter.toUpperCase())

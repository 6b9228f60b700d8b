import addresses from 'email-addresses'
import type { CountryCode } from 'libphonenumber-js/max'
import { guessLanguage } from './language.ts'

/** A mail address in a text. */
export interface FoundAddress {
  address: string
  local: string
  domain: string
  /** Where the address begins in the text. */
  start: number
}

/**
 * A possible address: text without white space, brackets, quotes and other characters that real addresses do not
 * contain.
 */
const AROUND = /[^\s<>()[\]{}"“”„«»,;:|/\\：、。（）]+/gu
/** Maximum length of a mail address (RFC 5321, 4.5.3.1), and of a telephone number as people write it. */
const MAX_ADDRESS = 254
const MAX_NUMBER = 60
/** Maximum number of candidates to parse, so that a text full of them cannot block the process. */
const MAX_CANDIDATES = 40
/** Mailboxes of departments, not of persons. */
const ROLE_MAILBOX = /^(?:no-?reply|info|sales|support|help|office|contact|kontakt|admin|postmaster|service|team)$/i

/** The mail addresses in a text, in the order of the text. */
export function findAddresses(text: string): FoundAddress[] {
  const result: FoundAddress[] = []
  let parsings = 0
  for (const { 0: piece, index } of text.matchAll(AROUND)) {
    if (!piece.includes('@') || piece.length > MAX_ADDRESS) continue
    if (++parsings > MAX_CANDIDATES) break
    const candidate = piece.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')
    const parsed = addresses.parseOneAddress({ input: candidate, rejectTLD: true, rfc6532: true })
    if (parsed?.type !== 'mailbox') continue
    const { address, local, domain } = parsed
    result.push({
      address: address.toLowerCase(),
      local: local.toLowerCase(),
      domain: domain.toLowerCase(),
      start: index,
    })
  }
  return result
}

/** The first address that belongs to a person. If there is none, the first address. */
export const bestAddress = (candidates: readonly FoundAddress[]): FoundAddress | null =>
  candidates.find(({ local }) => !ROLE_MAILBOX.test(local)) ?? candidates[0] ?? null

/** What precedes a number that is no telephone number, or is a fax number. */
const NO_PHONE = /(?:\bfax|\btelefax|\bF|\biban|\binvoice|\brechnung|\border|\bno|\bnr|#)[\s.:№-]*$/iu
const BEFORE = 12

/**
 * Countries that are tried when the text does not show its country: many people in these countries write numbers
 * without a country code.
 */
const FALLBACKS: readonly CountryCode[] = ['US', 'GB']

/**
 * Candidates for telephone numbers: digits with the usual separators. libphonenumber decides which of them are numbers.
 */
const DIGITS = /[+＋(]?\p{Nd}[\p{Nd} \t\u00a0\u202f()./\u2010-\u2015\uff0d-]{4,}\p{Nd}/gu

/** The first telephone number of a text that is valid in its country, in E.164. The first text with digits loads the library's tables. */
export async function findPhone(text: string, domain: string | null): Promise<string | null> {
  const candidates: string[] = []
  for (const { 0: digits, index } of text.matchAll(DIGITS)) {
    if (candidates.length === MAX_CANDIDATES) break
    if (digits.length <= MAX_NUMBER && !NO_PHONE.test(text.slice(Math.max(0, index - BEFORE), index)))
      candidates.push(digits)
  }
  if (candidates.length === 0) return null
  const { findPhoneNumbersInText, isSupportedCountry } = await import('libphonenumber-js/max')
  for (const country of countriesOf(text, domain, isSupportedCountry)) {
    for (const candidate of candidates) {
      const [match] = findPhoneNumbersInText(candidate, country)
      if (match) return match.number.number
    }
  }
  return null
}

/**
 * The countries that a national number may belong to, likeliest first: by the domain of the mail address, by the
 * language of the text, then the fallbacks.
 */
function countriesOf(
  text: string,
  domain: string | null,
  isSupportedCountry: (code: string) => code is CountryCode,
): Set<CountryCode> {
  const countries = new Set<CountryCode>()
  const ending = domain?.split('.').at(-1)?.toUpperCase()
  const ofDomain = ending === 'UK' ? 'GB' : ending
  if (ofDomain !== undefined && isSupportedCountry(ofDomain)) countries.add(ofDomain)
  const language = guessLanguage(text)
  if (language !== null) countries.add(language.country)
  for (const fallback of FALLBACKS) countries.add(fallback)
  return countries
}

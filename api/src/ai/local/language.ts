import type { CountryCode } from 'libphonenumber-js/max'

/** A language, as its most frequent words, and the country where most of its writers live. */
interface Language {
  country: CountryCode
  words: ReadonlySet<string>
}

const language = (country: CountryCode, words: string): Language => ({ country, words: new Set(words.split(' ')) })

const LANGUAGES: readonly Language[] = [
  language(
    'DE',
    'und der die das ich wir sie ist ein eine mit für von bei bitte hat sich nicht unter zur auf ihre frau herr meine',
  ),
  language(
    'FR',
    'et le la les je nous vous est un une avec pour chez du des mon suis au bonjour cordialement merci société',
  ),
  language(
    'ES',
    'y el la los yo nosotros es un una con para de mi soy en por hola gracias necesito teléfono correo empresa',
  ),
  language('IT', 'e il la gli io noi è un una con per di mi sono della buongiorno grazie vorrei cell azienda telefono'),
  language('NL', 'en de het ik wij is een met voor van bij mijn naam op kunt goedemiddag groet naar werk bel'),
  language('PT', 'e o a os eu nós é um uma com para meu minha sou da na olá obrigado preciso gostaria contacto'),
  language('SE', 'och det jag vi är en ett med för på av att heter vill gärna hej hälsningar'),
  language('DK', 'og det jeg vi er en et med for på af mit navn fra venlig hilsen ring venligst'),
  language('FI', 'ja se minä me on hei nimeni olen yrityksessä sähköposti puh terveisin kiitos'),
  language('PL', 'i to ja my jest z na do się firmy proszę dzień dobry pod numer albo strony witam pozdrawiam'),
  language('CZ', 'a to já my je s na se ve dobrý den prosím jmenuji pracuji nebo děkuji pozdravem firmě'),
  language('RO', 'și eu noi este cu pentru la sau bună ziua numele meu firma mulțumesc reprezint'),
  language('TR', 've bir ben biz için adına merhaba istiyoruz almak fiyat saygılarımla teşekkürler'),
]

/** Characters that only Japanese uses. */
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}]/u

/**
 * The country of a text's language, which decides how telephone numbers are read. The language is found by its frequent
 * words; null if no language has at least two of them.
 */
export function guessLanguage(text: string): Pick<Language, 'country'> | null {
  if (JAPANESE.test(text)) return { country: 'JP' }
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  let best: { country: CountryCode; hits: number } | null = null
  for (const { country, words: commonWords } of LANGUAGES) {
    const hits = words.filter((word) => commonWords.has(word)).length
    if (hits > (best?.hits ?? 1)) best = { country, hits }
  }
  return best
}

const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

/**
 * Frequent words of the customers' languages that carry no meaning of their own. Words of up to three letters need not
 * be listed: they are skipped because of their length.
 */
const STOP_WORDS = new Set(
  `about after also been before could does from have having here into just more must only other over same should some such than that
  their them then there these they this those very want were what when where which while will with would your
  aber alle auch beim dann dass dein denn diese dieser dieses doch durch eine einem einen einer eines haben hatte ihre ihrem ihren
  ihrer jetzt kann mein meine nach nicht noch oder sehr sein seine sich sind über unser unsere unter vom wenn werden wird wurde zwischen
  avec avez avoir cette comme dans elle elles être leur leurs mais nous pour quand sans sera sont tous tout très vous votre vos
  algo como con cuando desde donde ella ellos entre esta este esto estos fue había hacer hasta muy nos nuestra nuestro para pero porque
  que según sido sobre también tiene todo una usted ustedes
  alla anche che come con dalla degli dei del della delle dopo essere fare hanno loro molto nella nelle non nostra nostro ogni per più
  quando questa questo sono sono sulla tutti una
  aan bij deze dit een het hebben heeft ik is maar met naar niet onze ook over voor van wat werd wij worden zijn
  com como das dos ele ela entre está estão foi isso mais meu minha muito não nos nossa nosso para pela pelo por quando que sem ser seu sua
  uma você`.split(/\s+/),
)

/**
 * Scripts without spaces between words. Their words are found with a dictionary (Intl.Segmenter), which is a hundred
 * times slower than a search for letters.
 */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** The words of a text that carry meaning, in lower case and in the order of the text. */
export function words(text: string): string[] {
  const result: string[] = []
  for (const word of UNSPACED.test(text) ? segmented(text) : (text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])) {
    const lower = word.toLowerCase()
    // Words in Chinese and Japanese are short. In other languages short words are particles.
    const least = UNSPACED.test(lower) ? 2 : 4
    if (lower.length >= least && !STOP_WORDS.has(lower)) result.push(lower)
  }
  return result
}

function* segmented(text: string): Iterable<string> {
  for (const { segment, isWordLike } of segmenter.segment(text)) if (isWordLike) yield segment
}

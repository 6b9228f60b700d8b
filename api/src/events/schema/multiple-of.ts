/** A number as an integer times a power of ten. */
interface Decimal {
  digits: bigint
  exponent: number
}

/**
 * Tells multiples of a divisor by the decimals that both are written with, as JSON Schema means them: 19.99 is a multiple of
 * 0.01. Dividing the doubles says 1998.9999999999998.
 */
export function multipleOf(divisor: number): (value: number) => boolean {
  const of = decimalOf(divisor)
  return (value) => {
    if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0
    const { digits, exponent } = decimalOf(value)
    const unit = Math.min(exponent, of.exponent)
    return (digits * 10n ** BigInt(exponent - unit)) % (of.digits * 10n ** BigInt(of.exponent - unit)) === 0n
  }
}

/** String writes the shortest decimal that is read back as the same double. */
function decimalOf(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

/** A decimal number: an integer and a power of ten. */
interface Decimal {
  digits: bigint
  exponent: number
}

/**
 * Checks `multipleOf` with decimal arithmetic, as JSON Schema intends. 19.99 is a multiple of 0.01, but dividing these
 * doubles gives 1998.9999999999998.
 */
export function multipleOf(divisor: number): (value: number) => boolean {
  const decimal = decimalOf(divisor)
  return (value) => {
    if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0
    const { digits, exponent } = decimalOf(value)
    const unit = Math.min(exponent, decimal.exponent)
    return (digits * 10n ** BigInt(exponent - unit)) % (decimal.digits * 10n ** BigInt(decimal.exponent - unit)) === 0n
  }
}

/** Converts a number to decimal. String() returns the shortest decimal that is parsed to the same double. */
function decimalOf(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

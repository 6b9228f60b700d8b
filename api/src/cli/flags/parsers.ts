import { InvalidArgumentError } from 'commander'

/** Parsers of option values. Each throws commander's InvalidArgumentError, which says what the option takes. */
export type Parser<Value> = (text: string) => Value

export const text: Parser<string> = (given) => {
  if (given === '') throw new InvalidArgumentError('It is empty.')
  return given
}

export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Parser<number> =>
  (given) => {
    const number = Number(given)
    if (!/^\d+$/.test(given) || number < least || number > most)
      throw new InvalidArgumentError(
        most === Number.MAX_SAFE_INTEGER
          ? `Takes a whole number of at least ${least}.`
          : `Takes a whole number from ${least} to ${most}.`,
      )
    return number
  }

export const fraction: Parser<number> = (given) => {
  const number = Number(given)
  if (given.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('Takes a number from 0 to 1.')
  return number
}

export const yesOrNo: Parser<boolean> = (given) => {
  if (given !== 'true' && given !== 'false') throw new InvalidArgumentError('Takes true or false.')
  return given === 'true'
}

/** One of an enum's values, in upper or lower case. */
export const oneOf =
  <Value extends string>(values: Readonly<Record<string, Value>>): Parser<Value> =>
  (given) => {
    const name = given.toUpperCase()
    const found = Object.values(values).find((value) => value === name)
    if (found === undefined) throw new InvalidArgumentError(`Takes ${Object.values(values).join(', ')}.`)
    return found
  }

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(\d{1,6})([smhd])$/

/** Milliseconds of 30s, 15m, 2h or 7d. */
export const durationMs: Parser<number> = (given) => {
  const [, amount, unit] = DURATION.exec(given) ?? []
  if (!amount || !unit) throw new InvalidArgumentError('Takes a length of time such as 30s, 15m, 2h or 7d.')
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

/** An instant in RFC 3339, or a length of time ago. */
export const instant: Parser<string> = (given) => {
  if (DURATION.test(given)) return new Date(Date.now() - durationMs(given)).toISOString()
  const time = Date.parse(given)
  if (!/^\d{4}-\d\d-\d\d(T|$)/.test(given) || Number.isNaN(time))
    throw new InvalidArgumentError('Takes an instant such as 2026-01-31T08:00:00Z, or a length of time such as 2h.')
  return new Date(time).toISOString()
}

/** An instant in RFC 3339, or a length of time from now. */
export const later: Parser<string> = (given) =>
  DURATION.test(given) ? new Date(Date.now() + durationMs(given)).toISOString() : instant(given)

export const jsonValue: Parser<unknown> = (given) => {
  try {
    return JSON.parse(given)
  } catch (error) {
    throw new InvalidArgumentError(`Takes JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

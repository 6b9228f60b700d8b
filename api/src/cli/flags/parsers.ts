import { InvalidArgumentError } from 'commander'

/** Parses the value of an option. Throws commander's InvalidArgumentError, which names the accepted values. */
export type Parser<Value> = (text: string) => Value

export const text: Parser<string> = (input) => {
  if (input === '') throw new InvalidArgumentError('It is empty.')
  return input
}

export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Parser<number> =>
  (input) => {
    const number = Number(input)
    if (!/^\d+$/.test(input) || number < least || number > most)
      throw new InvalidArgumentError(
        most === Number.MAX_SAFE_INTEGER
          ? `Expected a whole number of at least ${least}.`
          : `Expected a whole number from ${least} to ${most}.`,
      )
    return number
  }

export const fraction: Parser<number> = (input) => {
  const number = Number(input)
  if (input.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.')
  return number
}

export const yesOrNo: Parser<boolean> = (input) => {
  if (input !== 'true' && input !== 'false') throw new InvalidArgumentError('Expected true or false.')
  return input === 'true'
}

/** Accepts one value of an enum, in upper or lower case. */
export const oneOf =
  <Value extends string>(values: Readonly<Record<string, Value>>): Parser<Value> =>
  (input) => {
    const name = input.toUpperCase()
    const member = Object.values(values).find((value) => value === name)
    if (member === undefined) throw new InvalidArgumentError(`Expected ${Object.values(values).join(', ')}.`)
    return member
  }

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const DURATION = /^(\d{1,6})([smhd])$/

/** Parses a duration such as 30s, 15m, 2h or 7d into milliseconds. */
export const durationMs: Parser<number> = (input) => {
  const [, amount, unit] = DURATION.exec(input) ?? []
  if (!amount || !unit) throw new InvalidArgumentError('Expected a duration such as 30s, 15m, 2h or 7d.')
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

/** Parses a time in RFC 3339, or a duration, which is subtracted from now. */
export const instant: Parser<string> = (input) => {
  if (DURATION.test(input)) return new Date(Date.now() - durationMs(input)).toISOString()
  const time = Date.parse(input)
  if (!/^\d{4}-\d\d-\d\d(T|$)/.test(input) || Number.isNaN(time))
    throw new InvalidArgumentError('Expected an instant such as 2026-01-31T08:00:00Z, or a duration such as 2h.')
  return new Date(time).toISOString()
}

/** Parses a time in RFC 3339, or a duration, which is added to now. */
export const later: Parser<string> = (input) =>
  DURATION.test(input) ? new Date(Date.now() + durationMs(input)).toISOString() : instant(input)

export const jsonValue: Parser<unknown> = (input) => {
  try {
    return JSON.parse(input)
  } catch (error) {
    throw new InvalidArgumentError(`Expected JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

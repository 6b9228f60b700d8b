/** Formats a rate of 0 to 1 as a percentage, rounded down, so that 100 % means no failure at all. */
export const percent = (rate: number): string =>
  rate === 1 ? '100 %' : `${(Math.floor(rate * 1_000) / 10).toFixed(1)} %`

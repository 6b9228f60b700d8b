/** A measured figure, with its goal and a limit that was measured in the same run. */
export interface Figure {
  /** Name of the row on the command line. */
  name: string
  what: string
  unit: string
  value: number
  /** The best value that is possible here, with a description; null if there is none. */
  limit: { what: string; value: number } | null
  /** The value to reach. `atMost`: lower values are better. */
  goal: { value: number; atMost: boolean }
}

export const median = (values: readonly number[]): number => percentile(values, 50)

/** The percentile by nearest rank; NaN for an empty list. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))]!
}

/**
 * The median of each figure over all rounds, and of its limit and goal. Every round must have the same figures in the
 * same order.
 */
export function medians(rounds: readonly Figure[][]): Figure[] {
  return (rounds[0] ?? []).map((figure, i) => {
    const all = rounds.map((round) => round[i]!)
    const limits = all.flatMap(({ limit }) => (limit ? [limit.value] : []))
    return {
      ...figure,
      value: median(all.map(({ value }) => value)),
      limit: figure.limit && { ...figure.limit, value: median(limits) },
      goal: { ...figure.goal, value: median(all.map(({ goal }) => goal.value)) },
    }
  })
}

export const reached = ({ value, goal }: Figure): boolean => (goal.atMost ? value <= goal.value : value >= goal.value)

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)

/** Formats figures as a table for a terminal. The ratio is value to limit. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    `${shown(figure.value)} ${figure.unit}`,
    `${figure.goal.atMost ? '≤' : '≥'} ${shown(figure.goal.value)}`,
    reached(figure) ? 'reached' : 'MISSED',
    figure.limit ? `${shown(figure.limit.value)} (${figure.limit.what})` : '',
    figure.limit ? (figure.value / figure.limit.value).toFixed(2) : '',
  ])
  const all = [['figure', 'measured', 'goal', '', 'limit', 'ratio'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

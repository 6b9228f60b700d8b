import { ERROR_KINDS } from '@/features/deliveries/state.ts'
import type { ErrorKind } from '@/lib/graphql.ts'
import type { Series } from '@/ui/charts/ChartBars.tsx'

/** The failed attempts in a time bucket, by error. A kind of error may have several entries, one per HTTP status. */
export interface ErrorBucket {
  start: string
  errors: readonly { errorKind: ErrorKind; count: number }[]
}

/** The most frequent kinds get these colours, in this order. The other kinds share the last colour. */
const COLORS = ['var(--chart-dead)', 'var(--chart-retrying)', 'var(--chart-third)', 'var(--chart-fourth)']
const REST = 'var(--chart-rest)'

/** One series for each of the most frequent kinds of errors, and one for all others; [] without errors. */
export function errorSeries(buckets: readonly ErrorBucket[]): Series<ErrorBucket>[] {
  const totals = new Map<ErrorKind, number>()
  for (const { errors } of buckets)
    for (const { errorKind, count } of errors) totals.set(errorKind, (totals.get(errorKind) ?? 0) + count)
  const kinds = [...totals].sort(([, a], [, b]) => b - a).map(([kind]) => kind)
  const frequent = kinds.slice(0, COLORS.length)
  const others = kinds.slice(COLORS.length)
  const series = frequent.map(
    (kind, index): Series<ErrorBucket> => ({
      name: ERROR_KINDS[kind],
      color: COLORS[index] ?? REST,
      accessor: (bucket) => countOf(bucket, [kind]),
    }),
  )
  if (others.length > 0)
    series.push({ name: 'Other errors', color: REST, accessor: (bucket) => countOf(bucket, others) })
  return series
}

const countOf = ({ errors }: ErrorBucket, kinds: readonly ErrorKind[]): number =>
  errors.reduce((sum, { errorKind, count }) => sum + (kinds.includes(errorKind) ? count : 0), 0)

import type { ErrorKind } from '../../../../prisma/generated/client/enums.ts'
import { failureClass } from './failure-class.ts'
import type { AttemptCounts, AttemptMinute } from './receiver.ts'

/** Number of attempts of one webhook within one minute that had the same result. */
export interface AttemptCell {
  webhookId: string
  /** Minutes since 1970. */
  minute: number
  errorKind: ErrorKind | null
  statusCode: number | null
  count: number
  newestAt: Date
}

export interface AttemptHistory {
  minutes: AttemptMinute[]
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
}

/** Combines the cells of one webhook into its history. */
export function historyOf(cells: readonly AttemptCell[]): AttemptHistory {
  const minutes = new Map<number, AttemptMinute>()
  let lastSuccessAt: Date | null = null
  let lastFailureAt: Date | null = null
  for (const cell of cells) {
    const counts = minutes.get(cell.minute) ?? { minute: cell.minute, succeeded: 0, refused: 0, failed: 0 }
    minutes.set(cell.minute, counts)
    const column = columnOf(cell)
    counts[column] += cell.count
    if (column === 'succeeded') lastSuccessAt = later(lastSuccessAt, cell.newestAt)
    if (column === 'failed') lastFailureAt = later(lastFailureAt, cell.newestAt)
  }
  return { minutes: [...minutes.values()].sort((a, b) => a.minute - b.minute), lastSuccessAt, lastFailureAt }
}

export function columnOf({
  errorKind,
  statusCode,
}: Pick<AttemptCell, 'errorKind' | 'statusCode'>): keyof AttemptCounts {
  if (errorKind === null) return 'succeeded'
  return failureClass(errorKind, statusCode) === 'CONTENT' ? 'refused' : 'failed'
}

const later = (a: Date | null, b: Date) => (a === null || a < b ? b : a)

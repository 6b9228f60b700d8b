import type { EvaluationItemFragment } from '@/lib/graphql.ts'

type Keyed = Pick<EvaluationItemFragment, 'at' | 'outcome' | 'group' | 'leftOut'>

/**
 * Evaluations of a group with the same outcome within a minute are one entry, whose time and count grow. So are those
 * of groups that the log only counts.
 */
export const entryKey = ({ at, outcome, group, leftOut }: Keyed): string =>
  `${at.slice(0, 'yyyy-mm-ddThh:mm'.length)} ${outcome} ${leftOut == null ? JSON.stringify(group) : 'left out'}`

/** The entries of two lists, newest first, each once. Of an entry in both lists, the later state is kept. */
export function mergeEvaluations(
  known: readonly EvaluationItemFragment[],
  read: readonly EvaluationItemFragment[],
): EvaluationItemFragment[] {
  const entries = new Map(known.map((entry) => [entryKey(entry), entry]))
  for (const entry of read) {
    const before = entries.get(entryKey(entry))
    if (!before || before.at <= entry.at) entries.set(entryKey(entry), entry)
  }
  return [...entries.values()].toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
}

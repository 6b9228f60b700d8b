'use client'

import { useApolloClient } from '@apollo/client/react'
import { useEffect, useState } from 'react'
import { type EvaluationItemFragment, type FragmentType, readFragment } from '@/lib/graphql.ts'
import { type Problem, problemOf } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from '../Alerts.module.css'
import { OutcomeBadge } from '../status.tsx'
import { groupText } from '../words.ts'
import { EvaluationItem, RuleEvaluations } from './documents.ts'
import { entryKey, mergeEvaluations } from './evaluation-pages.ts'

const number = new Intl.NumberFormat('en')
const SHOWN = 10
/** Number of newest evaluations that RuleDetails loads. */
const NEWEST = 50
/** Number of evaluations of each further page, such as all of a day of a quiet rule. */
const PAGE = 200

interface EvaluationLogProps {
  ruleId: string
  /** The newest evaluations. */
  evaluations: readonly FragmentType<typeof EvaluationItem>[]
}

/** The reasons why a rule did or did not notify, newest first. Older ones are loaded page by page. */
export function EvaluationLog({ ruleId, evaluations }: EvaluationLogProps) {
  const [whole, setWhole] = useState(false)
  const log = useLog(ruleId, readFragment(EvaluationItem, evaluations))
  if (log.entries.length === 0)
    return <p className={classes.none}>It was not evaluated in the last 24 h: it is off, or it is new.</p>
  const shown = whole ? log.entries : log.entries.slice(0, SHOWN)
  const hidden = log.entries.length - shown.length
  return (
    <>
      <ol className={classes.timeline} aria-label="Evaluations">
        {shown.map((evaluation) => (
          <Evaluation key={entryKey(evaluation)} evaluation={evaluation} />
        ))}
      </ol>
      {log.problem && <ProblemNotice problem={log.problem} onRetry={log.more} retrying={log.busy} />}
      {(hidden > 0 || log.hasMore) && (
        <button
          type="button"
          className={classes.more}
          disabled={log.busy}
          onClick={hidden > 0 ? () => setWhole(true) : log.more}
        >
          {hidden > 0 ? `Show ${hidden} more` : 'Show older ones'}
        </button>
      )}
    </>
  )
}

/** All evaluations that were loaded. The newest ones are polled, so they may move on while older pages are shown. */
function useLog(ruleId: string, newest: readonly EvaluationItemFragment[]) {
  const client = useApolloClient()
  /** Null until the first further page is loaded. */
  const [loaded, setLoaded] = useState<readonly EvaluationItemFragment[] | null>(null)
  const [hasMore, setHasMore] = useState(newest.length >= NEWEST)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  useEffect(() => setLoaded((before) => before && mergeEvaluations(before, newest)), [newest])
  const entries = loaded ? mergeEvaluations(loaded, newest) : newest
  const more = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await client.query({
        query: RuleEvaluations,
        variables: { id: ruleId, first: PAGE, skip: entries.length },
        fetchPolicy: 'no-cache',
      })
      const page = data?.node?.__typename === 'AlertRule' ? readFragment(EvaluationItem, data.node.evaluations) : []
      setLoaded((before) => mergeEvaluations(mergeEvaluations(before ?? [], entries), page))
      setHasMore(page.length === PAGE)
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return { entries, hasMore, busy, problem, more: () => void more() }
}

function Evaluation({ evaluation }: { evaluation: EvaluationItemFragment }) {
  const { at, outcome, explanation, group, evaluations, leftOut, tenants } = evaluation
  const about = groupText(group)
  return (
    <li>
      <Time at={at} />
      <div>
        <div className={classes.lead}>
          <OutcomeBadge outcome={outcome} />
          {about && <span>{about}</span>}
          {evaluations > 1 && leftOut == null && (
            <span className={classes.dim}>{number.format(evaluations)} evaluations</span>
          )}
        </div>
        <p>{explanation}</p>
        {tenants.length > 1 && (
          <p>Counted: {tenants.map(({ name, count }) => `${name} ${number.format(count)}`).join(', ')}</p>
        )}
      </div>
    </li>
  )
}

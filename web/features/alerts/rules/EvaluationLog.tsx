'use client'

import { useState } from 'react'
import { type EvaluationItemFragment, type FragmentType, readFragment } from '@/lib/graphql.ts'
import { Time } from '@/ui/values/Time.tsx'
import classes from '../Alerts.module.css'
import { OutcomeBadge } from '../status.tsx'
import { groupText } from '../words.ts'
import { EvaluationItem } from './documents.ts'

const number = new Intl.NumberFormat('en')
const SHOWN = 10

/** The reasons why a rule did or did not notify, newest first. */
export function EvaluationLog({ evaluations }: { evaluations: readonly FragmentType<typeof EvaluationItem>[] }) {
  const [whole, setWhole] = useState(false)
  const all = readFragment(EvaluationItem, evaluations)
  if (all.length === 0)
    return <p className={classes.none}>It was not evaluated in the last 24 h: it is off, or it is new.</p>
  const shown = whole ? all : all.slice(0, SHOWN)
  return (
    <>
      <ol className={classes.timeline} aria-label="Evaluations">
        {shown.map((evaluation) => (
          <Evaluation key={`${evaluation.at} ${JSON.stringify(evaluation.group)}`} evaluation={evaluation} />
        ))}
      </ol>
      {all.length > shown.length && (
        <button type="button" className={classes.more} onClick={() => setWhole(true)}>
          Show {all.length - shown.length} more
        </button>
      )}
    </>
  )
}

function Evaluation({ evaluation }: { evaluation: EvaluationItemFragment }) {
  const { at, outcome, explanation, group, evaluations, tenants } = evaluation
  const about = groupText(group)
  return (
    <li>
      <Time at={at} />
      <div>
        <div className={classes.lead}>
          <OutcomeBadge outcome={outcome} />
          {about && <span>{about}</span>}
          {evaluations > 1 && <span className={classes.dim}>{number.format(evaluations)} evaluations</span>}
        </div>
        <p>{explanation}</p>
        {tenants.length > 1 && (
          <p>Counted: {tenants.map(({ name, count }) => `${name} ${number.format(count)}`).join(', ')}</p>
        )}
      </div>
    </li>
  )
}

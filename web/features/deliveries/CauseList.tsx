'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { FailureCauseFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartSparkline } from '@/ui/charts/ChartSparkline.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { causeParams } from './causes.ts'
import classes from './Deliveries.module.css'
import { errorName } from './state.ts'
import { LIKELY, likelihoodText } from './verdict.ts'

const number = new Intl.NumberFormat('en')

interface CauseListProps {
  causes: readonly FailureCauseFragment[]
  /** Buttons for a cause, shown before "Open". */
  actions?: (cause: FailureCauseFragment) => ReactNode
}

/** Current failures grouped by webhook and error, worst first. */
export function CauseList({ causes, actions }: CauseListProps) {
  const pathTo = useKeptPath()
  return (
    <ul className={classes.causes} aria-label="Causes of failures">
      {causes.map((cause) => {
        const {
          webhook,
          errorKind,
          statusCode,
          unrecovered,
          open,
          oldestAt,
          sampleError,
          likelihood,
          basis,
          timeline,
        } = cause
        const error = errorName(errorKind, statusCode)
        const path = pathTo('/deliveries', causeParams(cause))
        const failures = timeline.map(({ failed, deadLetter }) => failed + deadLetter)
        return (
          <li key={`${webhook.id} ${errorKind} ${statusCode}`} data-cause={webhook.name}>
            <div>
              <Link href={path} prefetch={false} className={classes.causeName}>
                {webhook.name}
              </Link>
              <small title={sampleError}>
                {error}: {sampleError}
              </small>
            </div>
            <div className={classes.chance} data-likely={likelihood >= LIKELY || undefined} title={basis}>
              {likelihoodText(likelihood)} ({Math.round(likelihood * 100)} %)
              <small title={basis}>{basis}</small>
            </div>
            <div>
              {unrecovered > 0 && (
                <Link href={path} prefetch={false} className={classes.count}>
                  {number.format(unrecovered)} unrecovered
                </Link>
              )}
              {open > 0 && <small>{number.format(open)} still open</small>}
            </div>
            <ChartSparkline
              label={`${webhook.name}, ${error}: ${number.format(failures.reduce((a, b) => a + b, 0))} failures over time`}
              values={failures}
              color="var(--chart-dead)"
            />
            <div>
              <Time at={oldestAt} />
              <small>oldest</small>
            </div>
            <div className={classes.causeActions}>
              {actions?.(cause)}
              <Button component={Link} href={path} size="compact-xs" variant="default" prefetch={false}>
                Open
              </Button>
            </div>
          </li>
        )
      })}
    </ul>
  )
}

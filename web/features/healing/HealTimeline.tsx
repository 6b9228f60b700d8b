'use client'

import { Button } from '@mantine/core'
import { exactTime, span } from '@/lib/format/time.ts'
import type { HealAttemptItemFragment } from '@/lib/graphql.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { EmptyState } from '@/ui/lists/EmptyState.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { TextBlock } from '@/ui/values/TextBlock.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from './Healing.module.css'
import { OUTCOMES, TRIGGERS } from './states.tsx'

interface HealTimelineProps {
  /** What an empty history means. */
  quiet: { title: string; text: string }
  attempts: readonly HealAttemptItemFragment[]
  total: number
  onMore?: () => void
}

/** The actions of auto-heal, newest first, each with the evidence collected before the restart. */
export function HealTimeline({ quiet, attempts, total, onMore }: HealTimelineProps) {
  return (
    <section className={classes.section} aria-label="Healing activity">
      <h2>Healing activity</h2>
      {attempts.length === 0 ? (
        <EmptyState title={quiet.title}>{quiet.text}</EmptyState>
      ) : (
        <ol className={classes.timeline}>
          {attempts.map((attempt) => (
            <Attempt key={attempt.id} attempt={attempt} />
          ))}
        </ol>
      )}
      {attempts.length < total && onMore && (
        <Button variant="default" size="xs" onClick={onMore}>
          Show more of {total}
        </Button>
      )}
    </section>
  )
}

function Attempt({ attempt }: { attempt: HealAttemptItemFragment }) {
  const { label, glyph, tone } = OUTCOMES[attempt.outcome]
  const zone = useZone()
  return (
    <li data-tone={tone} data-attempt={attempt.container}>
      <div className={classes.attemptHead}>
        <span className={classes.outcome}>
          <span aria-hidden="true">{glyph}</span> {label}
        </span>
        <strong>{attempt.container}</strong>
        <span>{attempt.action === 'none' ? 'no restart' : attempt.action}</span>
        <Time at={attempt.startedAt} />
      </div>
      <p>{attempt.message}</p>
      <details>
        <summary>Evidence</summary>
        <Facts
          facts={[
            ['Why', attempt.reason],
            ['Seen by', TRIGGERS[attempt.trigger] ?? attempt.trigger],
            ['When', exactTime(attempt.startedAt, zone)],
            ['Took', attempt.durationMs != null && span(attempt.durationMs)],
            ['Restart', attempt.action !== 'none' && `number ${attempt.number} since it was last stable`],
            ['Exit code', attempt.exitCode ?? (attempt.action === 'none' ? null : 'none: it was running')],
            ['Out of memory', attempt.oomKilled == null ? null : attempt.oomKilled ? 'yes, it was killed' : 'no'],
            [
              'Afterwards',
              attempt.stillHealthyAfter == null
                ? null
                : attempt.stillHealthyAfter
                  ? 'still healthy after 5 minutes'
                  : 'down again within 5 minutes',
            ],
          ]}
        />
        {attempt.logTail ? (
          <TextBlock title="End of its log" text={attempt.logTail} />
        ) : (
          <p className={classes.note}>No log is shown: there was none, or your role may not read it.</p>
        )}
      </details>
    </li>
  )
}

'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { Attempts } from '@/features/ai/Attempts.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { ActivityItemFragment, SummarizeActivityMutation } from '@/lib/graphql.ts'
import { Time } from '@/ui/values/Time.tsx'
import { ActivityForm } from './ActivityForm.tsx'
import classes from './Crm.module.css'
import { DeleteActivity, SummarizeActivity } from './documents.ts'
import { KINDS } from './states.tsx'

interface ActivitiesProps {
  leadId: string
  activities: readonly ActivityItemFragment[]
  total: number
  onMore?: () => void
  /** Whether the viewer may add, summarise and delete. */
  may: boolean
}

/** The activities of a lead, newest first. */
export function Activities({ leadId, activities, total, onMore, may }: ActivitiesProps) {
  return (
    <section className={classes.activities} aria-label="Activities">
      <h3>Activities</h3>
      {may && <ActivityForm leadId={leadId} />}
      {activities.length === 0 ? (
        <p className={classes.note}>There are no activities yet.</p>
      ) : (
        <ol className={classes.list}>
          {activities.map((activity) => (
            <Activity key={activity.id} activity={activity} may={may} />
          ))}
        </ol>
      )}
      {activities.length < total && onMore && (
        <Button size="xs" variant="default" onClick={onMore}>
          Show more of {total}
        </Button>
      )}
    </section>
  )
}

function Activity({ activity, may }: { activity: ActivityItemFragment; may: boolean }) {
  const { id, kind, body, occurredAt, summary, summarizedBy } = activity
  const [answer, setAnswer] = useState<SummarizeActivityMutation['summarizeActivity'] | null>(null)
  const summarize = useAction(SummarizeActivity, { failed: 'Not summarised', refetch: ['LeadDetails'] })
  const remove = useAction(DeleteActivity, {
    failed: 'Not deleted',
    confirm: () => ({
      title: 'Delete this activity?',
      body: 'This cannot be undone.',
      confirm: 'Delete the activity',
      danger: true,
    }),
    done: () => 'The activity is deleted.',
    refetch: ['LeadDetails'],
  })
  const ask = async () => {
    const data = await summarize.run({ id })
    if (data) setAnswer(data.summarizeActivity)
  }
  return (
    <li>
      <div className={classes.lead}>
        <strong>{KINDS[kind]}</strong>
        <Time at={occurredAt} />
        {may && (
          <span className={classes.buttons}>
            <Button size="compact-xs" variant="default" onClick={() => void ask()} loading={summarize.busy}>
              {summary ? 'Summarise again' : 'Summarise'}
            </Button>
            <Button size="compact-xs" variant="subtle" onClick={() => void remove.run({ id })} loading={remove.busy}>
              Delete…
            </Button>
          </span>
        )}
      </div>
      <p className={classes.text}>{body}</p>
      {summary && (
        <blockquote className={classes.summary}>
          {summary}
          <footer>Summary by {summarizedBy}</footer>
        </blockquote>
      )}
      {answer && <Attempts usedProvider={answer.usedProvider} attempts={answer.attempts} />}
    </li>
  )
}

'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import type { RetentionOverviewQuery } from '@/lib/graphql.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { SetRetention } from './documents.ts'
import classes from './Retention.module.css'
import { actorText, daysText, SUBJECTS } from './words.ts'

const PolicyForm = lazily(() => import('./PolicyForm.tsx'))

type Policy = RetentionOverviewQuery['retention']['policies'][number]

/** The installation-wide policies. */
export function InstallationPolicies({ policies, mayChange }: { policies: readonly Policy[]; mayChange: boolean }) {
  const [editing, setEditing] = useState<Policy | null>(null)
  const reset = useAction(SetRetention, {
    failed: 'Not changed',
    confirm: ({ subject }) => ({
      title: `Use the default retention for ${SUBJECTS[subject].name.toLowerCase()}?`,
      body: 'It takes effect with the next prune run, which deletes what has expired by then.',
      confirm: 'Use the default',
    }),
    done: (_, { subject }) => `${SUBJECTS[subject].name} use the default retention.`,
    refetch: ['RetentionOverview'],
  })
  return (
    <section className={classes.section} aria-label="Policies of the installation">
      <h2>Policies of the installation</h2>
      <ul className={classes.policies}>
        {policies.map((policy) => (
          <li key={policy.subject}>
            <div className={classes.about}>
              <strong>{SUBJECTS[policy.subject].name}</strong>
              <span>{SUBJECTS[policy.subject].covers}</span>
            </div>
            <span className={classes.days}>{daysText(policy.retentionDays)}</span>
            <span className={classes.by}>
              {policy.setBy && policy.updatedAt ? (
                <>
                  set by {actorText(policy.setBy)} <Time at={policy.updatedAt} show="age" />
                </>
              ) : (
                'default from the settings'
              )}
            </span>
            {mayChange && (
              <span className={classes.buttons}>
                <Button size="compact-xs" variant="default" onClick={() => setEditing(policy)}>
                  Change…
                </Button>
                {!policy.isDefault && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    onClick={() => void reset.run({ subject: policy.subject, retentionDays: null })}
                  >
                    Use the default…
                  </Button>
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
      {editing && (
        <PolicyForm
          policy={{ kind: 'installation', subject: editing.subject }}
          days={editing.retentionDays ?? null}
          onClose={() => setEditing(null)}
        />
      )}
    </section>
  )
}

'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import type { RetentionOverviewQuery } from '@/lib/graphql.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { SetLegalHold } from './documents.ts'
import classes from './Retention.module.css'
import { actorText } from './words.ts'

const HoldForm = lazily(() => import('./HoldForm.tsx'))

interface LegalHoldsProps {
  holds: RetentionOverviewQuery['retention']['legalHolds']
  mayChange: boolean
}

/** Tenants under legal hold, whose data is not pruned. */
export function LegalHolds({ holds, mayChange }: LegalHoldsProps) {
  const [adding, setAdding] = useState(false)
  const lift = useAction(SetLegalHold, {
    failed: 'Not lifted',
    confirm: ({ tenantId }) => ({
      title: `Lift the legal hold of ${tenantId}?`,
      body: 'The next prune run deletes its rows that have expired meanwhile.',
      confirm: 'Lift the hold',
      danger: true,
    }),
    done: (_, { tenantId }) => `The hold of ${tenantId} is lifted.`,
    refetch: ['RetentionOverview'],
  })
  return (
    <section className={classes.section} aria-label="Legal holds">
      <div className={classes.sectionHead}>
        <h2>Legal holds</h2>
        {mayChange && (
          <Button size="compact-xs" variant="default" onClick={() => setAdding(true)}>
            Hold a tenant…
          </Button>
        )}
      </div>
      {holds.length === 0 ? (
        <p className={classes.note}>No tenant is under legal hold.</p>
      ) : (
        <ul className={classes.policies}>
          {holds.map(({ tenantId, reason, createdAt, setBy }) => (
            <li key={tenantId} data-tenant={tenantId}>
              <div className={classes.about}>
                <strong>{tenantId}</strong>
                <span>{reason ?? 'no reason given'}</span>
              </div>
              <Badge tone="held" glyph="‖">
                Held
              </Badge>
              <span className={classes.by}>
                by {actorText(setBy)} <Time at={createdAt} show="age" />
              </span>
              {mayChange && (
                <span className={classes.buttons}>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => void lift.run({ tenantId, hold: false, reason: null })}
                  >
                    Lift…
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <HoldForm held={holds.map(({ tenantId }) => tenantId)} onClose={() => setAdding(false)} />}
    </section>
  )
}

'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import type { RetentionOverviewQuery } from '@/lib/graphql.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { ClearTenantRetention } from './documents.ts'
import classes from './Retention.module.css'
import { actorText, daysText } from './words.ts'

const PolicyForm = lazily(() => import('./PolicyForm.tsx'))

interface TenantPoliciesProps {
  policies: RetentionOverviewQuery['retention']['tenantPolicies']
  defaultDays: number
  mayChange: boolean
}

/** Tenants with their own retention period. */
export function TenantPolicies({ policies, defaultDays, mayChange }: TenantPoliciesProps) {
  /** The id of the tenant whose policy is edited; "" if the tenant must still be chosen, null if none is edited. */
  const [editing, setEditing] = useState<string | null>(null)
  const clear = useAction(ClearTenantRetention, {
    failed: 'Not cleared',
    confirm: ({ tenantId }) => ({
      title: `Clear the policy of ${tenantId}?`,
      body: `Its events are then kept for the default, ${daysText(defaultDays)}. This takes effect with the next prune run.`,
      confirm: 'Clear the policy',
    }),
    done: (_, { tenantId }) => `${tenantId} uses the default again.`,
    refetch: ['RetentionOverview'],
  })
  return (
    <section className={classes.section} aria-label="Policies of tenants">
      <div className={classes.sectionHead}>
        <h2>Policies of tenants</h2>
        {mayChange && (
          <Button size="compact-xs" variant="default" onClick={() => setEditing('')}>
            Set for a tenant…
          </Button>
        )}
      </div>
      {policies.length === 0 ? (
        <p className={classes.note}>No tenant has one of its own. All keep events for {daysText(defaultDays)}.</p>
      ) : (
        <ul className={classes.policies}>
          {policies.map(({ tenantId, retentionDays, setBy, updatedAt }) => (
            <li key={tenantId} data-tenant={tenantId}>
              <strong>{tenantId}</strong>
              <span className={classes.days}>{daysText(retentionDays)}</span>
              <span className={classes.by}>
                set by {actorText(setBy)} <Time at={updatedAt} show="age" />
              </span>
              {mayChange && (
                <span className={classes.buttons}>
                  <Button size="compact-xs" variant="default" onClick={() => setEditing(tenantId)}>
                    Change…
                  </Button>
                  <Button size="compact-xs" variant="subtle" onClick={() => void clear.run({ tenantId })}>
                    Clear…
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing !== null && (
        <PolicyForm
          policy={{ kind: 'tenant', tenantId: editing }}
          days={policies.find(({ tenantId }) => tenantId === editing)?.retentionDays ?? null}
          onClose={() => setEditing(null)}
        />
      )}
    </section>
  )
}

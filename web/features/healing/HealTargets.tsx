'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { HealTargetItemFragment } from '@/lib/graphql.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { HealNow, ReleaseHealTarget, SetHealMaintenance } from './documents.ts'
import classes from './Healing.module.css'
import { HealStateBadge, isFallen, ORIGINS } from './states.tsx'

type Target = HealTargetItemFragment

const MaintenanceForm = lazily(() => import('./MaintenanceForm.tsx'))

const fallenFirst = (targets: readonly Target[]): Target[] =>
  [...targets].sort(
    (a, b) => Number(isFallen(b.state)) - Number(isFallen(a.state)) || (a.container < b.container ? -1 : 1),
  )

/** The watched containers, failed ones first, with the operator's actions for each. */
export function HealTargets({ targets }: { targets: readonly Target[] }) {
  const viewer = useViewer()
  const may = hasRole(viewer, 'OPERATOR') && viewer.tenantId === null
  const [resting, setResting] = useState<Target | null>(null)
  return (
    <section className={classes.section} aria-label="Watched containers">
      <h2>Watched containers</h2>
      {targets.length === 0 ? (
        <p className={classes.note}>
          None. Name containers in <code>AUTOHEAL_SERVICES</code>, label them <code>aetherlink.autoheal=true</code>, or
          register the services that they run.
        </p>
      ) : (
        <ul className={classes.targets}>
          {fallenFirst(targets).map((target) => (
            <li key={target.id} data-container={target.container}>
              <HealStateBadge state={target.state} />
              <div className={classes.about}>
                <strong>{target.container}</strong>
                <span>
                  {target.services.length > 0 ? `runs ${target.services.join(', ')}` : ORIGINS[target.origin]}
                  {target.dependsOn.length > 0 && `; after ${target.dependsOn.join(', ')}`}
                </span>
                {target.healthUrl && <span>health URL {target.healthUrl}</span>}
                {target.lastError && <span className={classes.error}>{target.lastError}</span>}
              </div>
              <TargetStatus target={target} />
              {may && <TargetActions target={target} onMaintenance={() => setResting(target)} />}
            </li>
          ))}
        </ul>
      )}
      {resting && <MaintenanceForm target={resting} onClose={() => setResting(null)} />}
    </section>
  )
}

/** The number of failed checks, the next step, and the number of recent restarts. */
function TargetStatus({ target }: { target: Target }) {
  const { state, nextActionAt, maintenanceUntil, restartsInWindow, consecutiveFailures } = target
  return (
    <span className={classes.status}>
      {consecutiveFailures > 0 && (
        <span>
          {consecutiveFailures === 1 ? 'failed the last check' : `failed the last ${consecutiveFailures} checks`}
        </span>
      )}
      {state === 'BACKING_OFF' && nextActionAt && (
        <>
          restart <Time at={nextActionAt} show="age" />
        </>
      )}
      {maintenanceUntil && (
        <>
          until <Time at={maintenanceUntil} />
        </>
      )}
      {restartsInWindow > 0 && (
        <span>restarted {restartsInWindow === 1 ? 'once' : `${restartsInWindow} times`} lately</span>
      )}
    </span>
  )
}

function TargetActions({ target, onMaintenance }: { target: Target; onMaintenance: () => void }) {
  const { id, container, state, maintenanceUntil } = target
  const refetch = ['AutoHealOverview', 'PlatformHealth']
  const heal = useAction(HealNow, {
    failed: 'Not healed',
    confirm: () => ({
      title: `Restart ${container} now?`,
      body: 'Its log is stored first. Back-off, maintenance and other limits do not apply.',
      confirm: 'Heal now',
    }),
    done: ({ healNow: { attempt } }) => ({
      tone: attempt.outcome === 'SUCCEEDED' ? 'good' : 'bad',
      title: `${container}: ${attempt.outcome === 'SUCCEEDED' ? 'healed' : 'not healed'}.`,
      detail: attempt.message,
    }),
    refetch,
  })
  const release = useAction(ReleaseHealTarget, {
    failed: 'Not released',
    done: () => `${container} may be healed again.`,
    refetch,
  })
  const maintain = useAction(SetHealMaintenance, {
    failed: 'Maintenance not ended',
    done: () => `${container} is watched again.`,
    refetch,
  })
  return (
    <div className={classes.buttons}>
      {state !== 'MISSING' && (
        <Button size="compact-xs" onClick={() => void heal.run({ targetId: id })} loading={heal.busy}>
          Heal now…
        </Button>
      )}
      {(state === 'GIVEN_UP' || state === 'FLAPPING') && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => void release.run({ targetId: id })}
          loading={release.busy}
        >
          Release
        </Button>
      )}
      {maintenanceUntil ? (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => void maintain.run({ targetId: id, until: null })}
          loading={maintain.busy}
        >
          End maintenance
        </Button>
      ) : (
        <Button size="compact-xs" variant="default" onClick={onMaintenance}>
          Maintenance…
        </Button>
      )}
    </div>
  )
}

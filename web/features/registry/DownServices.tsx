'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { HealStateBadge, isFallen } from '@/features/healing/states.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { NowPlatform } from './documents.ts'
import { componentName } from './PlatformState.tsx'
import classes from './Registry.module.css'

const POLL_MS = 15_000

/** Unhealthy services, components and containers, for the landing page. */
export function DownServices() {
  const pathTo = useKeptPath()
  const { data: fresh, previousData } = useQuery(NowPlatform, { pollInterval: POLL_MS, errorPolicy: 'ignore' })
  const data = fresh ?? previousData
  if (!data) return null
  const { platformHealth, services, autoHeal } = data
  const parts = platformHealth.components.filter(({ status }) => status === 'DOWN' || status === 'DEGRADED')
  const fallen = autoHeal.enabled ? autoHeal.targets.filter(({ state }) => isFallen(state)) : []
  const toHealing = pathTo('/services', { view: 'auto-heal' })
  const isWell = parts.length + services.nodes.length + fallen.length === 0 && !autoHeal.stormBrake
  return (
    <section aria-label="Services" className={classes.section}>
      <h2>
        <Link href={pathTo('/services')} prefetch={false} className={classes.heading}>
          Services
        </Link>
      </h2>
      {isWell ? (
        <p className={classes.note}>No service is down, and nothing is wrong with the installation itself.</p>
      ) : (
        <ul className={classes.down}>
          {autoHeal.stormBrake && (
            <li>
              <Badge tone="dead" glyph="✕">
                Storm brake
              </Badge>
              <Link href={toHealing} prefetch={false}>
                Auto-heal restarts nothing: more than half of its targets are down
              </Link>
            </li>
          )}
          {parts.map(({ name, status, message }) => (
            <li key={name}>
              <HealthDot status={status} />
              <strong>{componentName(name)}</strong>
              {message}
            </li>
          ))}
          {services.nodes.map(({ id, name, status, statusSince, lastError, dependants }) => (
            <li key={id}>
              <HealthDot status={status} />
              <Link href={pathTo('/services', { open: id })} prefetch={false}>
                {name}
              </Link>
              <span>
                since <Time at={statusSince} />
              </span>
              {dependants.length > 0 && <span>reaches {dependants.join(', ')}</span>}
              {lastError && <span className={classes.note}>{lastError}</span>}
            </li>
          ))}
          {services.totalCount > services.nodes.length && (
            <li>
              <Link href={pathTo('/services', { status: 'down,degraded' })} prefetch={false}>
                {services.totalCount - services.nodes.length} more
              </Link>
            </li>
          )}
          {fallen.map(({ id, container, state, lastError }) => (
            <li key={id}>
              <HealStateBadge state={state} />
              <Link href={toHealing} prefetch={false}>
                {container}
              </Link>
              {lastError && <span className={classes.note}>{lastError}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

import Link from 'next/link'
import type { AutoHealOverviewQuery } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import classes from './Healing.module.css'

/** Registered services compared with watched containers, differences first. */
export function Reconciliation(props: AutoHealOverviewQuery['autoHeal']['reconciliation']) {
  const { registered, monitored, registeredOnly, monitoredOnly } = props
  const pathTo = useKeptPath()
  const isClosed = registeredOnly.length === 0 && monitoredOnly.length === 0
  return (
    <section className={classes.panel} aria-label="Registered against watched">
      <h2>Registered against watched</h2>
      <p className={classes.note}>
        {registered.length} registered, {monitored.length} watched.{' '}
        {isClosed && (registered.length > 0 ? 'Every registered service is watched.' : 'Nothing to compare yet.')}
      </p>
      <Gap
        tone="held"
        title="Registered, not watched"
        note="Auto-heal does not restart these."
        names={registeredOnly}
        hrefOf={(name) => pathTo('/services', { q: name })}
      />
      <Gap
        tone="waiting"
        title="Watched, not registered"
        note="They are restarted, but their health is not recorded."
        names={monitoredOnly}
      />
    </section>
  )
}

interface GapProps {
  tone: 'held' | 'waiting'
  title: string
  note: string
  names: readonly string[]
  hrefOf?: (name: string) => string
}

function Gap({ tone, title, note, names, hrefOf }: GapProps) {
  if (names.length === 0) return null
  return (
    <div className={classes.gap} data-tone={tone}>
      <h3>
        {names.length} {title.toLowerCase()}
      </h3>
      <p className={classes.note}>{note}</p>
      <ul aria-label={title}>
        {names.map((name) => (
          <li key={name}>
            {hrefOf ? (
              <Link href={hrefOf(name)} prefetch={false}>
                {name}
              </Link>
            ) : (
              name
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

import { percent } from '@/lib/format/numbers.ts'
import type { PlatformHealthQuery, ServiceItemFragment } from '@/lib/graphql.ts'
import { HealthDot } from '@/ui/charts/HealthDot.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from './Registry.module.css'

interface PlatformStateProps {
  services: readonly ServiceItemFragment[]
  components: PlatformHealthQuery['platformHealth']['components']
}

/** The number of services that are down, since when they are, and the state and availability of the installation's components. */
export function PlatformState({ services, components }: PlatformStateProps) {
  const down = services.filter(({ status }) => status === 'DOWN')
  const first = down.map(({ statusSince }) => statusSince).sort()[0]
  const plural = services.length === 1 ? 'service' : 'services'
  return (
    <div className={classes.platform}>
      <p data-testid="services-verdict" role="status">
        {first === undefined ? (
          `None of ${services.length} ${plural} is down.`
        ) : (
          <>
            {down.length} of {services.length} {plural} down, since <Time at={first} />
          </>
        )}
      </p>
      <ul aria-label="Components of the platform">
        {components.map(({ name, status, message, availability24h }) => (
          <li key={name} title={message ?? undefined}>
            <HealthDot status={status} /> {componentName(name)}
            {availability24h != null && <span className={classes.note}> {percent(availability24h)} in 24 h</span>}
            {status !== 'OK' && status !== 'UNKNOWN' && message && <span>: {message}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}

const NAMES: Record<string, string> = { postgres: 'PostgreSQL', redis: 'Redis', docker: 'Docker', web: 'Web console' }

/** "queue:lanes" becomes "Queue lanes". */
export const componentName = (name: string): string => NAMES[name] ?? name.replace(/^queue:/, 'Queue ')

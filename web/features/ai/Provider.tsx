'use client'

import { useNow } from '@/lib/clock.ts'
import { percent } from '@/lib/format/numbers.ts'
import { duration } from '@/lib/format/time.ts'
import type { ProviderCardFragment } from '@/lib/graphql.ts'
import { Badge } from '@/ui/values/Badge.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from './Ai.module.css'

const number = new Intl.NumberFormat('en')

type Card = ProviderCardFragment

function ProviderState({ provider: { configured, circuit, cooldownUntil } }: { provider: Card }) {
  const now = useNow()
  if (!configured)
    return (
      <Badge tone="cancelled" glyph="–">
        Not configured
      </Badge>
    )
  if (circuit === 'CLOSED')
    return (
      <Badge tone="arrived" glyph="●" plain>
        Healthy
      </Badge>
    )
  if (circuit === 'HALF_OPEN')
    return (
      <Badge tone="retrying" glyph="◔">
        Being probed
      </Badge>
    )
  return cooldownUntil && Date.parse(cooldownUntil) <= now ? (
    <Badge tone="retrying" glyph="◔" title="The next request probes it">
      Waits for a probe
    </Badge>
  ) : (
    <Badge tone="dead" glyph="✕">
      Cooling down
    </Badge>
  )
}

const toneOf = ({ configured, circuit }: Card) =>
  !configured ? 'cancelled' : circuit === 'CLOSED' ? 'arrived' : circuit === 'OPEN' ? 'dead' : 'retrying'

/** One provider: its state, its figures and its drills. */
export function Provider({ provider }: { provider: Card }) {
  const { name, vendor, model, tier, priority, capabilities, totalCalls, failedCalls, successRate } = provider
  return (
    <li className={classes.card} data-tone={toneOf(provider)} data-provider={name}>
      <div className={classes.cardHead}>
        <span className={classes.place} title="Its place in the order">
          {priority}
        </span>
        <h2>{name}</h2>
        <ProviderState provider={provider} />
      </div>
      <p className={classes.note}>
        {vendor === name ? '' : `${vendor}, `}
        {model}, {tier}
      </p>
      <dl className={classes.figures}>
        <div>
          <dt>Succeeded</dt>
          <dd>{number.format(totalCalls - failedCalls)}</dd>
        </div>
        <div data-bad={failedCalls > 0 || undefined}>
          <dt>Failed</dt>
          <dd>{number.format(failedCalls)}</dd>
        </div>
        <div>
          <dt>Success rate</dt>
          <dd>{successRate == null ? '–' : percent(successRate)}</dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd>{provider.latencyP95Ms == null ? '–' : duration(provider.latencyP95Ms)}</dd>
        </div>
      </dl>
      <Facts
        facts={[
          ['Cooldown until', provider.cooldownUntil && <Time key="until" at={provider.cooldownUntil} />],
          [provider.configured ? 'Last error' : 'Missing', provider.lastError],
          ['Last success', provider.lastSuccessAt && <Time key="success" at={provider.lastSuccessAt} />],
          ['Last request', provider.lastCheckedAt ? <Time key="asked" at={provider.lastCheckedAt} /> : 'never'],
          ['Does', capabilities.join(', ')],
          ['Timeout', duration(provider.timeoutMs)],
        ]}
      />
      <Drills drills={provider.drills} />
    </li>
  )
}

function Drills({ drills }: Pick<Card, 'drills'>) {
  if (drills.length === 0) return <p className={classes.note}>No drill yet.</p>
  return (
    <ul className={classes.drills} aria-label="Latest drills">
      {drills.map(({ at, ok, error, latencyMs }) => (
        <li key={at}>
          <Badge tone={ok ? 'arrived' : 'dead'} glyph={ok ? '●' : '✕'} plain={ok}>
            {ok ? 'Would answer' : 'Would fail'}
          </Badge>
          <Time at={at} />
          {latencyMs != null && <span>{duration(latencyMs)}</span>}
          {error && <span className={classes.error}>{error}</span>}
        </li>
      ))}
    </ul>
  )
}

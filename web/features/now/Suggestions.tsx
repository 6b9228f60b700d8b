'use client'

import { Button } from '@mantine/core'
import Link from 'next/link'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { filterOfJson, planBulkReplay } from '@/features/bulk-replay/request.ts'
import { suggestionParams } from '@/features/deliveries/filter-link.ts'
import { errorName } from '@/features/deliveries/state.ts'
import { useNow } from '@/lib/clock.ts'
import { clockMinutes, exactTime } from '@/lib/format/time.ts'
import type { ReplaySuggestionFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import classes from './Suggestions.module.css'
import { adviceOf, deadLetters, isWorthIt } from './suggestion.ts'

/** Number of clusters shown, recommended ones first. Further clusters are collapsed. */
const SHOWN = 6
const number = new Intl.NumberFormat('en')

/** Dead letters grouped by webhook and error, each group with advice on replaying it. Null while loading. */
export function Suggestions({ suggestions }: { suggestions: readonly ReplaySuggestionFragment[] | null }) {
  const may = hasRole(useViewer(), 'OPERATOR')
  if (!suggestions) return <Placeholder rows={2} height={48} />
  if (suggestions.length === 0) return <p className={classes.hint}>No dead letter is left to replay.</p>
  return (
    <>
      {!may && suggestions.some(isWorthIt) && (
        <p className={classes.hint}>You can view them. Replaying them requires the role OPERATOR.</p>
      )}
      <Rows suggestions={suggestions.slice(0, SHOWN)} may={may} />
      {suggestions.length > SHOWN && (
        <details className={classes.folded}>
          <summary>{suggestions.length - SHOWN} more</summary>
          <Rows label="More replay suggestions" suggestions={suggestions.slice(SHOWN)} may={may} />
        </details>
      )}
    </>
  )
}

interface RowsProps {
  label?: string
  suggestions: readonly ReplaySuggestionFragment[]
  may: boolean
}

function Rows({ label = 'Replay suggestions', suggestions, may }: RowsProps) {
  return (
    <ul className={classes.suggestions} aria-label={label}>
      {suggestions.map((suggestion) => (
        <Row key={suggestion.id} suggestion={suggestion} may={may} />
      ))}
    </ul>
  )
}

function Row({ suggestion, may }: { suggestion: ReplaySuggestionFragment; may: boolean }) {
  const { webhook, errorKind, sample, count, oldestAt, reason, filter, recommended, likely } = suggestion
  const now = useNow()
  const zone = useZone()
  const pathTo = useKeptPath()
  const worth = isWorthIt(suggestion)
  const path = pathTo('/deliveries', suggestionParams(filter))
  return (
    <li data-suggestion={webhook.name} data-worth={worth || undefined}>
      <span aria-hidden="true">{worth ? '↻' : '✕'}</span>
      <div>
        <p className={classes.sentence}>
          <Link href={path} prefetch={false}>
            {deadLetters(count)} of {webhook.name}
          </Link>{' '}
          ({errorName(errorKind, sample[0]?.lastStatusCode)}) since{' '}
          <time dateTime={oldestAt} title={exactTime(oldestAt, zone)} suppressHydrationWarning>
            {clockMinutes(Date.parse(oldestAt), now, zone)}
          </time>
          ; <span suppressHydrationWarning>{adviceOf(suggestion, now)}</span>.
        </p>
        <p className={classes.reason}>{reason}</p>
      </div>
      {worth && may ? (
        <Button size="compact-sm" onClick={() => planBulkReplay({ selection: { filter: filterOfJson(filter) } })}>
          Replay {number.format(recommended ? count : likely)}…
        </Button>
      ) : (
        <Button component={Link} href={path} size="compact-sm" variant="default" prefetch={false}>
          Show {number.format(count)}
        </Button>
      )}
    </li>
  )
}

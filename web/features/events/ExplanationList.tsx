'use client'

import Link from 'next/link'
import { type DeliveryMatch, type FragmentType, graphql, readFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Badge, type StateStyle } from '@/ui/values/Badge.tsx'
import classes from './Events.module.css'

export const ExplanationItem = graphql(`
  fragment ExplanationItem on DeliveryExplanation {
    outcome
    reason
    webhook {
      id
      name
    }
    delivery {
      id
    }
  }
`)

const OUTCOMES = {
  DELIVERED: { label: 'Arrived', glyph: '●', tone: 'arrived' },
  IN_PROGRESS: { label: 'In progress', glyph: '○', tone: 'waiting' },
  HELD: { label: 'Held', glyph: '‖', tone: 'held' },
  FAILED: { label: 'Dead letter', glyph: '✕', tone: 'dead' },
  NOT_SUBSCRIBED: { label: 'Not subscribed', glyph: '–', tone: 'cancelled' },
  WEBHOOK_DISABLED: { label: 'Webhook disabled', glyph: '–', tone: 'cancelled' },
  WEBHOOK_CREATED_LATER: { label: 'Webhook is newer', glyph: '–', tone: 'cancelled' },
} as const satisfies Record<DeliveryMatch, StateStyle>

/** Outcomes, the most important first. */
const ORDER: readonly DeliveryMatch[] = [
  'FAILED',
  'HELD',
  'IN_PROGRESS',
  'DELIVERED',
  'WEBHOOK_DISABLED',
  'WEBHOOK_CREATED_LATER',
]

/**
 * What happened for each webhook that could have received the event. Webhooks that are not subscribed to it are
 * collapsed.
 */
export function ExplanationList({ explanations }: { explanations: readonly FragmentType<typeof ExplanationItem>[] }) {
  const rows = readFragment(ExplanationItem, explanations)
  const unsubscribed = rows.filter(({ outcome }) => outcome === 'NOT_SUBSCRIBED')
  const others = rows
    .filter(({ outcome }) => outcome !== 'NOT_SUBSCRIBED')
    .sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome))
  if (rows.length === 0) return <p className={classes.none}>No webhook could have received it: the tenant has none.</p>
  return (
    <>
      {others.length === 0 && (
        <p className={classes.none}>No webhook subscribes to events of this type and severity.</p>
      )}
      <ul className={classes.explanations}>
        {others.map((row) => (
          <Explanation key={row.webhook.id} {...row} />
        ))}
      </ul>
      {unsubscribed.length > 0 && (
        <details className={classes.folded}>
          <summary>
            {unsubscribed.length} {unsubscribed.length === 1 ? 'webhook does' : 'webhooks do'} not take it
          </summary>
          <ul className={classes.explanations}>
            {unsubscribed.map((row) => (
              <Explanation key={row.webhook.id} {...row} />
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

interface ExplanationProps {
  outcome: DeliveryMatch
  reason: string
  webhook: { id: string; name: string }
  delivery?: { id: string } | null
}

function Explanation({ outcome, reason, webhook, delivery }: ExplanationProps) {
  const pathTo = useKeptPath()
  const { label, glyph, tone } = OUTCOMES[outcome]
  return (
    <li>
      <Badge tone={tone} glyph={glyph} plain={tone === 'arrived' || tone === 'cancelled'}>
        {label}
      </Badge>
      <div>
        <Link href={pathTo(`/webhooks/${webhook.id}`)} prefetch={false}>
          {webhook.name}
        </Link>
        <p>{reason}</p>
      </div>
      {delivery && (
        <Link href={pathTo('/deliveries', { window: 'all', open: delivery.id })} prefetch={false}>
          Delivery
        </Link>
      )}
    </li>
  )
}

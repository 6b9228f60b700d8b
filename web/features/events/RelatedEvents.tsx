'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { stateOf } from '@/features/deliveries/state.ts'
import type { RelatedEventsQuery } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { StatusBadge } from '@/ui/values/StatusBadge.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { RelatedEvents as RelatedEventsDocument } from './details.ts'
import classes from './Events.module.css'
import { SeverityBadge } from './severity.tsx'
import { type Branch, causeTree } from './tree.ts'

type Related = RelatedEventsQuery['events']['nodes'][number]

/** Events with the same correlation id, as a tree of causes. The deliveries of each event are the leaves. */
export function RelatedEvents({ correlationId, openId }: { correlationId: string; openId: string }) {
  const { data, error, loading, refetch } = useQuery(RelatedEventsDocument, { variables: { correlationId } })
  const events = data?.events.nodes
  if (!events) {
    if (loading) return <Placeholder rows={4} />
    const problem = error ? problemOf(error) : makeProblem('INTERNAL', 'The API answered without events.')
    return <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} />
  }
  return <Tree branches={causeTree(events)} openId={openId} />
}

function Tree({ branches, openId }: { branches: readonly Branch<Related>[]; openId: string }) {
  const pathTo = useKeptPath()
  return (
    <ul className={classes.tree}>
      {branches.map(({ event, effects }) => (
        <li key={event.id}>
          <div className={classes.branch} data-open={event.id === openId || undefined}>
            <SeverityBadge severity={event.severity} />
            {event.id === openId ? (
              <strong>{event.type}</strong>
            ) : (
              <Link href={pathTo('/events', { window: 'all', open: event.id })} prefetch={false}>
                {event.type}
              </Link>
            )}
            <Time at={event.receivedAt} show="clock" />
          </div>
          {(event.deliveries.nodes.length > 0 || effects.length > 0) && (
            <>
              <ul className={classes.tree}>
                {event.deliveries.nodes.map((delivery) => (
                  <li key={delivery.id} className={classes.branch}>
                    <StatusBadge state={stateOf(delivery)} />
                    <Link href={pathTo('/deliveries', { window: 'all', open: delivery.id })} prefetch={false}>
                      {delivery.webhook.name}
                    </Link>
                  </li>
                ))}
              </ul>
              {effects.length > 0 && <Tree branches={effects} openId={openId} />}
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Tabs } from '@/ui/Tabs.tsx'
import { CopyButton } from '@/ui/values/CopyButton.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { JsonBlock } from '@/ui/values/TextBlock.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { EventDetails } from './details.ts'
import { EventRow } from './documents.ts'
import classes from './Events.module.css'
import { ExplanationList } from './ExplanationList.tsx'
import { RelatedEvents } from './RelatedEvents.tsx'
import { SeverityBadge } from './severity.tsx'

const TABS = ['payload', 'deliveries', 'related'] as const

/** Details of one event: publisher, payload, receivers and related events. */
export function EventPane({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <DetailPane kind="Event" id={id} onClose={onClose}>
      <Details id={id} />
    </DetailPane>
  )
}

function Details({ id }: { id: string }) {
  const { data, previousData, error, loading, refetch } = useQuery(EventDetails, { variables: { id } })
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('payload'))
  const pathTo = useKeptPath()
  const shown = data ?? (loading ? previousData : undefined)
  const node = shown?.node?.__typename === 'Event' ? shown.node : null
  if (!node) {
    if (loading) return <Placeholder rows={6} />
    const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no event ${id} that you may see.`)
    return <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} retrying={loading} />
  }
  const row = readFragment(EventRow, node)
  return (
    <>
      <div className={classes.lead}>
        <SeverityBadge severity={row.severity} />
        <strong>{row.type}</strong>
        <Time at={row.receivedAt} />
      </div>
      <Facts
        facts={[
          ['Source', row.source],
          ['Subject', row.subject],
          ['Tenant', row.tenantId ?? 'none: a system event'],
          ['Occurred', <Time key="occurred" at={node.occurredAt} />],
          [
            'Published by',
            `${node.publishedBy.name ?? node.publishedBy.id}${node.clientIp ? ` from ${node.clientIp}` : ''}`,
          ],
          [
            'Correlation id',
            node.correlationId && (
              <Link
                key="correlation"
                href={pathTo('/events', { window: 'all', correlation: node.correlationId })}
                prefetch={false}
              >
                {node.correlationId}
              </Link>
            ),
          ],
          ['Causation id', node.causationId],
          [
            'Trace id',
            node.traceId && (
              <span key="trace" className={classes.copied}>
                <code>{node.traceId}</code>
                <CopyButton compact text={node.traceId} what="the trace id" />
              </span>
            ),
          ],
        ]}
      />
      <Tabs
        label="About this event"
        active={tab}
        onChange={(next) => void setTab(next)}
        tabs={[
          { name: 'payload', label: 'Payload' },
          { name: 'deliveries', label: 'Deliveries' },
          { name: 'related', label: 'Related' },
        ]}
      >
        {tab === 'payload' && <JsonBlock title="Payload" value={node.payload} />}
        {tab === 'deliveries' && <ExplanationList explanations={node.deliveryExplanation} />}
        {tab === 'related' &&
          (node.correlationId ? (
            <RelatedEvents correlationId={node.correlationId} openId={id} />
          ) : (
            <p className={classes.none}>
              It has no correlation id. Events that are published with the same correlation id are listed here.
            </p>
          ))}
      </Tabs>
    </>
  )
}

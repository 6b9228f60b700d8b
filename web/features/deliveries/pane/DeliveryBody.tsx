'use client'

import Link from 'next/link'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { AuditTrail } from '@/features/audit/AuditTrail.tsx'
import { type AttemptItemFragment, type DeliveryDetailsQuery, readFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Tabs } from '@/ui/Tabs.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { shortId } from '@/ui/values/ShortId.tsx'
import { StatusBadge } from '@/ui/values/StatusBadge.tsx'
import { JsonBlock, TextBlock } from '@/ui/values/TextBlock.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from '../Deliveries.module.css'
import { DeliveryRow } from '../documents.ts'
import { errorName, HOLD_REASONS, isFinal, stateOf } from '../state.ts'
import { LIKELY, likelihoodText, verdictOf } from '../verdict.ts'
import { AttemptAxis } from './AttemptAxis.tsx'
import { Compare } from './Compare.tsx'
import { headersOf, standardBody } from './curl.ts'
import { AttemptItem } from './details.ts'

export type DetailedDelivery = Extract<DeliveryDetailsQuery['node'], { __typename: 'Delivery' }>

const TABS = ['response', 'request', 'payload', 'compare', 'audit'] as const

export function DeliveryBody({ delivery }: { delivery: DetailedDelivery }) {
  const row = readFragment(DeliveryRow, delivery)
  const attempts = readFragment(AttemptItem, delivery.attempts)
  const viewer = useViewer()
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('response'))
  const [picked, setPicked] = useState<number | null>(null)
  const attempt = attempts.find(({ number }) => number === picked) ?? attempts.at(-1)
  const mayAudit = hasRole(viewer, 'ADMIN')
  const shown = tab === 'audit' && !mayAudit ? 'response' : tab
  const { event } = delivery
  return (
    <>
      <Lead delivery={delivery} tookMs={attempts.at(-1)?.durationMs ?? null} />
      <AttemptAxis
        createdAt={row.createdAt}
        attempts={attempts.map((one) => ({ ...one, failed: one.errorKind != null }))}
        nextAt={isFinal(row.status) ? null : (row.nextAttemptAt ?? null)}
        chosen={attempt?.number ?? 0}
        onChoose={setPicked}
      />
      <Tabs
        label="About this delivery"
        active={shown}
        onChange={(next) => void setTab(next)}
        tabs={[
          { name: 'response', label: 'Response' },
          { name: 'request', label: 'Request' },
          { name: 'payload', label: 'Payload' },
          { name: 'compare', label: 'Compare' },
          ...(mayAudit ? [{ name: 'audit' as const, label: 'Audit' }] : []),
        ]}
      >
        {shown === 'response' && <Response attempt={attempt} />}
        {shown === 'request' &&
          (attempt ? (
            <>
              <Facts facts={[['POST', row.targetUrl]]} />
              <JsonBlock
                title="Request headers"
                value={attempt.requestHeaders}
                note="Values that may be secrets are redacted by the API."
              />
              {delivery.webhook.kind === 'STANDARD' && <TextBlock title="Request body" text={standardBody(event)} />}
            </>
          ) : (
            <p className={classes.none}>No request was sent yet.</p>
          ))}
        {shown === 'payload' && (
          <>
            <EventFacts delivery={delivery} />
            <JsonBlock title="Payload" value={event.payload} />
          </>
        )}
        {shown === 'compare' && <Compare delivery={delivery} headers={headersOf(attempt?.requestHeaders)} />}
        {shown === 'audit' && <AuditTrail targetId={delivery.id} />}
      </Tabs>
    </>
  )
}

/** The status of the delivery, its target, and the likelihood that a replay succeeds. */
function Lead({ delivery, tookMs }: { delivery: DetailedDelivery; tookMs: number | null }) {
  const row = readFragment(DeliveryRow, delivery)
  const pathTo = useKeptPath()
  const deliveryPath = (id: string) => pathTo('/deliveries', { window: 'all', open: id })
  // A recovered delivery needs no replay, so its forecast would mislead.
  const forecast = row.recoveredBy ? null : row.forecast
  return (
    <>
      <div className={classes.lead}>
        <StatusBadge state={stateOf(row)} detail={row.holdReason && HOLD_REASONS[row.holdReason]} />
        <span>{verdictOf(row, tookMs)}</span>
      </div>
      {forecast && (
        <p className={classes.forecast} data-likely={forecast.likelihood >= LIKELY || undefined}>
          <strong>
            It {likelihoodText(forecast.likelihood)} ({Math.round(forecast.likelihood * 100)} %)
          </strong>
          : {forecast.basis}
        </p>
      )}
      <Facts
        facts={[
          ['Event', <strong key="type">{row.eventType}</strong>],
          [
            'Webhook',
            <Link key="webhook" href={pathTo(`/webhooks/${row.webhook.id}`)} prefetch={false}>
              {row.webhook.name}
            </Link>,
          ],
          ['Target', row.targetUrl],
          ['Tenant', row.tenantId ?? 'none: the installation'],
          ['Created', <Time key="created" at={row.createdAt} />],
          ['Last change', <Time key="changed" at={row.changedAt} />],
          [
            'Replay of',
            row.replayOf && (
              <Link key="of" href={deliveryPath(row.replayOf.id)} prefetch={false}>
                {shortId(row.replayOf.id)}
              </Link>
            ),
          ],
          [
            'Recovered by',
            delivery.recoveredBy && (
              <span key="by">
                <Link href={deliveryPath(delivery.recoveredBy.id)} prefetch={false}>
                  {shortId(delivery.recoveredBy.id)}
                </Link>{' '}
                {delivery.recoveredBy.completedAt && <Time at={delivery.recoveredBy.completedAt} />}
              </span>
            ),
          ],
          [
            'Replays',
            delivery.replays.length > 0 && (
              <span key="replays" className={classes.replays}>
                {delivery.replays.map((replay) => (
                  <span key={replay.id}>
                    <Link href={deliveryPath(replay.id)} prefetch={false}>
                      {shortId(replay.id)}
                    </Link>{' '}
                    <StatusBadge state={stateOf(replay)} />
                  </span>
                ))}
              </span>
            ),
          ],
        ]}
      />
    </>
  )
}

function Response({ attempt }: { attempt: AttemptItemFragment | undefined }) {
  if (!attempt) return <p className={classes.none}>No attempt was made yet.</p>
  const { number, startedAt, statusCode, errorKind, error, responseBody, responseHeaders } = attempt
  return (
    <>
      <div className={classes.lead}>
        <strong>
          Attempt {number}: {errorKind ? errorName(errorKind, statusCode) : (statusCode ?? 'arrived')}
        </strong>
        <Time at={startedAt} />
      </div>
      {error && <p className={classes.error}>{error}</p>}
      {responseBody ? (
        <TextBlock
          title="Response body"
          text={responseBody}
          note={attempt.responseBodyTruncated ? 'Only the first 16 KiB were stored.' : undefined}
        />
      ) : (
        <p className={classes.none}>{statusCode ? 'The response had no body.' : 'There was no response.'}</p>
      )}
      {responseHeaders != null && <JsonBlock title="Response headers" value={responseHeaders} />}
    </>
  )
}

function EventFacts({ delivery: { event } }: { delivery: DetailedDelivery }) {
  const pathTo = useKeptPath()
  return (
    <Facts
      facts={[
        [
          'Event',
          <Link key="event" href={pathTo('/events', { window: 'all', open: event.id })} prefetch={false}>
            {shortId(event.id)}
          </Link>,
        ],
        ['Source', event.source],
        ['Subject', event.subject],
        ['Correlation id', event.correlationId],
      ]}
    />
  )
}

'use client'

import { useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { type FragmentType, readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Diff } from '@/ui/values/Diff.tsx'
import { shortId } from '@/ui/values/ShortId.tsx'
import classes from '../Deliveries.module.css'
import { DeliveryRow } from '../documents.ts'
import { headersOf } from './curl.ts'
import type { DetailedDelivery } from './DeliveryBody.tsx'
import { AttemptItem, ComparedDelivery, DeliveryToCompare, LastAccepted } from './details.ts'

/** Headers that differ in every request and therefore explain nothing. */
const ALWAYS_DIFFERENT = /^(webhook-(id|timestamp|signature)|traceparent|tracestate|content-length)$/i

interface CompareProps {
  delivery: DetailedDelivery
  /** Headers of the selected attempt. */
  headers: Readonly<Record<string, string>>
}

/** Compares this request with a successful request of the same webhook, or with the delivery's original or replay. */
export function Compare({ delivery, headers }: CompareProps) {
  const row = readFragment(DeliveryRow, delivery)
  const relatives = [
    ...(row.replayOf ? [{ id: row.replayOf.id, name: 'its original' }] : []),
    ...delivery.replays.map(({ id }) => ({ id, name: `its replay ${shortId(id)}` })),
  ]
  const [other, setOther] = useState('accepted')
  const accepted = useQuery(LastAccepted, { variables: { webhookId: row.webhook.id }, skip: other !== 'accepted' })
  const relative = useQuery(DeliveryToCompare, { variables: { id: other }, skip: other === 'accepted' })
  const node = relative.data?.node
  const compared =
    other === 'accepted' ? accepted.data?.deliveries.nodes[0] : node?.__typename === 'Delivery' ? node : undefined
  const { loading, error } = other === 'accepted' ? accepted : relative
  const name = other === 'accepted' ? 'the last accepted one' : (relatives.find(({ id }) => id === other)?.name ?? '')
  return (
    <>
      <label className={classes.compareWith}>
        Beside{' '}
        <select value={other} onChange={(event) => setOther(event.currentTarget.value)}>
          <option value="accepted">the last one that this webhook accepted</option>
          {relatives.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      {compared ? (
        <Differences delivery={delivery} headers={headers} other={compared} name={name} />
      ) : loading ? (
        <Placeholder rows={4} />
      ) : error ? (
        <ProblemNotice problem={problemOf(error)} />
      ) : other === 'accepted' ? (
        <p className={classes.none}>This webhook has accepted no delivery that is still stored.</p>
      ) : (
        <ProblemNotice problem={makeProblem('NOT_FOUND', `The delivery ${other} is no longer stored.`)} />
      )}
    </>
  )
}

interface DifferencesProps extends CompareProps {
  other: FragmentType<typeof ComparedDelivery>
  name: string
}

function Differences({ delivery, headers, other: masked, name }: DifferencesProps) {
  const other = readFragment(ComparedDelivery, masked)
  const otherHeaders = headersOf(readFragment(AttemptItem, other.attempts).at(-1)?.requestHeaders)
  if (other.id === delivery.id)
    return <p className={classes.none}>This is the last delivery that the webhook accepted.</p>
  const plain = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([header]) => !ALWAYS_DIFFERENT.test(header))
        .map(([header, value]) => [header.toLowerCase(), value]),
    )
  const sides = ['This one', name.charAt(0).toUpperCase() + name.slice(1)] as const
  return (
    <>
      <h3 className={classes.heading}>Payload</h3>
      <Diff
        label="Differences of the payload"
        before={delivery.event.payload}
        after={other.event.payload}
        sides={sides}
      />
      <h3 className={classes.heading}>Request headers</h3>
      <Diff label="Differences of the headers" before={plain(headers)} after={plain(otherHeaders)} sides={sides} />
    </>
  )
}

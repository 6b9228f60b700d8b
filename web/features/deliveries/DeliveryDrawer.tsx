'use client'

import { useQuery } from '@apollo/client/react'
import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core'
import Link from 'next/link'
import { useEffect, useRef } from 'react'
import { useKeptPath } from '@/lib/filters.ts'
import { graphql, readFragment } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { CopyButton } from '@/ui/CopyButton.tsx'
import { DetailDrawer } from '@/ui/DetailDrawer.tsx'
import { Facts } from '@/ui/Facts.tsx'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { ShortId, shortId } from '@/ui/ShortId.tsx'
import { JsonBlock } from '@/ui/TextBlock.tsx'
import { AttemptList } from './AttemptList.tsx'
import { DeliveryLink } from './DeliveryLink.tsx'
import { NextAttempt } from './DeliveryTable.tsx'
import { DeliveryRow } from './documents.ts'
import { ReplayButton } from './ReplayButton.tsx'
import { ERROR_KINDS, isFinal, StatusBadge } from './status.tsx'

const DeliveryDetails = graphql(`
  query DeliveryDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Delivery {
        id
        completedAt
        ...DeliveryRow
        attempts {
          id
          ...AttemptItem
        }
        event {
          id
          type
          source
          severity
          subject
          payload
        }
      }
    }
  }
`)

/** Everything about one delivery: where it goes, each attempt with its answer, and what is sent. */
export function DeliveryDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  return (
    <DetailDrawer title={id && <Heading id={id} />} opened={id !== null} onClose={onClose}>
      {id && <Details id={id} onClose={onClose} />}
    </DetailDrawer>
  )
}

function Heading({ id }: { id: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text fw={600}>Delivery</Text>
      <ShortId id={id} />
      <CopyButton compact text={id} what="the id" />
    </Group>
  )
}

function Details({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error, loading, refetch } = useQuery(DeliveryDetails, { variables: { id } })
  const node = data?.node?.__typename === 'Delivery' ? data.node : null
  const seen = readFragment(DeliveryRow, node)
  const progress = seen && `${seen.status} ${seen.attemptCount}`
  const { current: known } = useRef({ progress })
  useEffect(() => {
    // The row is kept up to date by the list that it is open over; its attempts are not.
    if (known.progress && progress !== known.progress) refetch().catch(() => undefined)
    known.progress = progress
  }, [known, progress, refetch])
  if (!node) {
    if (loading) return <Placeholder />
    const problem = error
      ? problemOf(error)
      : {
          code: 'NOT_FOUND',
          title: 'Not found',
          detail: `There is no delivery ${id} within your reach.`,
          requestId: null,
        }
    return <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} retrying={loading} />
  }
  const row = readFragment(DeliveryRow, node)
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <StatusBadge status={row.status} />
        <ReplayButton delivery={row} size="xs" onReplayed={onClose} />
      </Group>
      <Facts
        facts={[
          ['Event type', row.eventType],
          ['Webhook', row.webhook.name],
          ['Target', <span key="url">{row.targetUrl}</span>],
          ['Tenant', row.tenantId ?? 'none: a system event'],
          ['Attempts', `${row.attemptCount} of ${row.maxAttempts}`],
          ['Next attempt', !isFinal(row.status) && <NextAttempt key="next" row={row} />],
          ['Created', <RelativeTime key="created" at={row.createdAt} />],
          ['Finished', node.completedAt && <RelativeTime key="completed" at={node.completedAt} />],
          [
            'Last error',
            row.lastErrorKind && `${ERROR_KINDS[row.lastErrorKind]}${row.lastError ? `: ${row.lastError}` : ''}`,
          ],
          [
            'Replay of',
            row.replayOf && (
              <DeliveryLink key="of" id={row.replayOf.id}>
                {shortId(row.replayOf.id)}
              </DeliveryLink>
            ),
          ],
          ['Replays', row.replays.length > 0 && <Replays key="replays" replays={row.replays} />],
        ]}
      />
      <AttemptList attempts={node.attempts} />
      <Stack gap="sm">
        <Text size="sm" fw={600} component="h2">
          Event
        </Text>
        <Facts
          facts={[
            ['Id', <EventLink key="event" id={node.event.id} />],
            ['Source', node.event.source],
            ['Subject', node.event.subject],
          ]}
        />
        <JsonBlock title="Payload" value={node.event.payload} />
      </Stack>
    </Stack>
  )
}

function EventLink({ id }: { id: string }) {
  const pathTo = useKeptPath()
  return (
    <Anchor component={Link} href={pathTo('/events', { window: 'all', event: id })} size="sm">
      {shortId(id)}
    </Anchor>
  )
}

function Replays({
  replays,
}: {
  replays: readonly { id: string; status: Parameters<typeof StatusBadge>[0]['status'] }[]
}) {
  return (
    <Stack gap={4}>
      {replays.map((replay) => (
        <Group key={replay.id} gap="xs">
          <DeliveryLink id={replay.id}>{shortId(replay.id)}</DeliveryLink>
          <StatusBadge status={replay.status} />
        </Group>
      ))}
    </Stack>
  )
}

function Placeholder() {
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading">
      <Skeleton h={24} w={110} />
      <Skeleton h={200} />
      <Skeleton h={120} />
    </Stack>
  )
}

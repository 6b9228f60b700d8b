'use client'

import { useQuery } from '@apollo/client/react'
import { Group, Skeleton, Stack, Text } from '@mantine/core'
import { graphql, readFragment } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { CopyButton } from '@/ui/CopyButton.tsx'
import { DetailDrawer } from '@/ui/DetailDrawer.tsx'
import { Facts } from '@/ui/Facts.tsx'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { ShortId } from '@/ui/ShortId.tsx'
import { JsonBlock } from '@/ui/TextBlock.tsx'
import { EventRow } from './documents.ts'
import { ExplanationList } from './ExplanationList.tsx'
import { SeverityBadge } from './severity.tsx'

const EventDetails = graphql(`
  query EventDetails($id: ID!) {
    node(id: $id) {
      __typename
      ... on Event {
        id
        ...EventRow
        payload
        occurredAt
        correlationId
        causationId
        clientIp
        publishedBy {
          kind
          id
          name
        }
        deliveryExplanation {
          ...ExplanationItem
        }
      }
    }
  }
`)

/** Everything about one event: who published it, what it carries, and which webhook got it or why it did not. */
export function EventDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  return (
    <DetailDrawer title={id && <Heading id={id} />} opened={id !== null} onClose={onClose}>
      {id && <Details id={id} />}
    </DetailDrawer>
  )
}

function Heading({ id }: { id: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text fw={600}>Event</Text>
      <ShortId id={id} />
      <CopyButton compact text={id} what="the id" />
    </Group>
  )
}

function Details({ id }: { id: string }) {
  const { data, error, loading, refetch } = useQuery(EventDetails, { variables: { id } })
  const node = data?.node?.__typename === 'Event' ? data.node : null
  if (!node) {
    if (loading) return <Placeholder />
    const problem = error
      ? problemOf(error)
      : { code: 'NOT_FOUND', title: 'Not found', detail: `There is no event ${id} within your reach.`, requestId: null }
    return <ProblemNotice problem={problem} onRetry={() => void refetch().catch(() => undefined)} retrying={loading} />
  }
  const row = readFragment(EventRow, node)
  return (
    <Stack gap="lg">
      <Group>
        <SeverityBadge severity={row.severity} />
      </Group>
      <Facts
        facts={[
          ['Type', row.type],
          ['Source', row.source],
          ['Subject', row.subject],
          ['Tenant', row.tenantId ?? 'none: a system event'],
          ['Occurred', <RelativeTime key="occurred" at={node.occurredAt} />],
          ['Received', <RelativeTime key="received" at={row.receivedAt} />],
          ['Published by', node.publishedBy.name ?? node.publishedBy.id],
          ['From', node.clientIp],
          ['Correlation id', node.correlationId],
          ['Causation id', node.causationId],
        ]}
      />
      <JsonBlock title="Payload" value={node.payload} />
      <ExplanationList explanations={node.deliveryExplanation} />
    </Stack>
  )
}

function Placeholder() {
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading">
      <Skeleton h={24} w={110} />
      <Skeleton h={180} />
      <Skeleton h={120} />
    </Stack>
  )
}

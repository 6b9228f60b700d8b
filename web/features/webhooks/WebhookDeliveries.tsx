'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { columnsFor } from '@/features/deliveries/columns.tsx'
import { DeliveryList, DeliveryRow } from '@/features/deliveries/documents.ts'
import { readFragment } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { EmptyState } from '@/ui/lists/EmptyState.tsx'
import { Table } from '@/ui/lists/Table.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'

const SHOWN = 20
const POLL_MS = 15_000

/** The most recently changed deliveries, with a link to all deliveries of the webhook. */
export default function WebhookDeliveries({ webhookId }: { webhookId: string }) {
  const router = useRouter()
  const pathTo = useKeptPath()
  const { data, error, loading, refetch } = useQuery(DeliveryList, {
    variables: { filter: { webhookIds: [webhookId] }, first: SHOWN },
    pollInterval: POLL_MS,
  })
  const rows = readFragment(
    DeliveryRow,
    data?.deliveries.edges.map(({ node }) => node),
  )
  const pathOf = (id: string) => pathTo('/deliveries', { webhook: webhookId, window: 'all', open: id })
  if (!rows)
    return loading ? (
      <Placeholder rows={6} />
    ) : (
      error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch().catch(() => undefined)} />
    )
  if (rows.length === 0)
    return <EmptyState title="Nothing has been sent to it yet.">Send a test to check that it answers.</EmptyState>
  return (
    <div style={{ containerType: 'inline-size' }}>
      <Table
        caption="Deliveries of this webhook"
        columns={columnsFor(null).filter(({ key }) => key !== 'webhook' && key !== 'tenant')}
        rows={rows}
        idOf={({ id }) => id}
        nameOf={({ eventType }) => eventType}
        hrefOf={({ id }) => pathOf(id)}
        onOpen={({ id }) => router.push(pathOf(id))}
      />
      <Button
        component={Link}
        href={pathTo('/deliveries', { webhook: webhookId, window: 'all' })}
        variant="default"
        size="xs"
        mt="sm"
        prefetch={false}
      >
        All {data?.deliveries.totalCount} in the list of deliveries
      </Button>
    </div>
  )
}

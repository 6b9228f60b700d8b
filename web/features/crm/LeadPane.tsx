'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { type LeadRowFragment, readFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { Activities } from './Activities.tsx'
import { ActivityItem, DeleteLead, LeadDetails, LeadRow } from './documents.ts'
import LeadForm from './LeadForm.tsx'
import { LeadStatusBadge } from './states.tsx'

const POLL_MS = 15_000
const FIRST = 20
const LARGEST = 200

/** One lead: contact details, notes, and activities. */
export default function LeadPane({ id, onClose }: { id: string; onClose: () => void }) {
  const viewer = useViewer()
  const [first, setFirst] = useState(FIRST)
  const [editing, setEditing] = useState(false)
  const { data, error, loading, refetch, previousData } = useQuery(LeadDetails, {
    variables: { id, first },
    pollInterval: POLL_MS,
  })
  const remove = useAction(DeleteLead, {
    failed: 'Not deleted',
    confirm: () => ({
      title: 'Delete this lead?',
      body: 'Its activities are deleted too. This cannot be undone.',
      confirm: 'Delete the lead',
      danger: true,
    }),
    done: () => 'The lead is deleted.',
    refetch: ['LeadList'],
  })
  const node = (data ?? previousData)?.node
  const leadNode = node?.__typename === 'Lead' && node.id === id ? node : null
  const lead = readFragment(LeadRow, leadNode)
  const may = hasRole(viewer, 'AGENT')
  const removeIt = async () => {
    if (await remove.run({ id })) onClose()
  }
  return (
    <DetailPane
      kind="Lead"
      id={id}
      onClose={onClose}
      footer={
        may &&
        lead && (
          <>
            <Button size="xs" onClick={() => setEditing(true)}>
              Change
            </Button>
            <Button size="xs" variant="default" onClick={() => void removeIt()} loading={remove.busy}>
              Delete the lead…
            </Button>
          </>
        )
      }
    >
      {leadNode && lead ? (
        <>
          <LeadFacts lead={lead} />
          <Activities
            leadId={id}
            activities={readFragment(ActivityItem, leadNode.activities.nodes)}
            total={leadNode.activities.totalCount}
            onMore={first < LARGEST ? () => setFirst(LARGEST) : undefined}
            may={may}
          />
        </>
      ) : loading ? (
        <Placeholder rows={6} />
      ) : (
        <ProblemNotice
          problem={error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no lead ${id} that you may see.`)}
          onRetry={() => void refetch().catch(() => undefined)}
        />
      )}
      {editing && lead && <LeadForm lead={lead} onClose={() => setEditing(false)} />}
    </DetailPane>
  )
}

function LeadFacts({ lead }: { lead: LeadRowFragment }) {
  return (
    <Facts
      facts={[
        ['Name', <strong key="name">{lead.name}</strong>],
        ['Status', <LeadStatusBadge key="status" status={lead.status} />],
        [
          'Mail',
          lead.email && (
            <a key="mail" href={`mailto:${lead.email}`}>
              {lead.email}
            </a>
          ),
        ],
        [
          'Telephone',
          lead.phone && (
            <a key="phone" href={`tel:${lead.phone.replace(/[^\d+]/g, '')}`}>
              {lead.phone}
            </a>
          ),
        ],
        ['Company', lead.company],
        ['Source', lead.source],
        ['Tenant', lead.tenantId],
        ['Created', <Time key="created" at={lead.createdAt} />],
        ['Changed', lead.updatedAt !== lead.createdAt && <Time key="changed" at={lead.updatedAt} />],
        [
          'Notes',
          lead.notes && (
            <span key="notes" style={{ whiteSpace: 'pre-wrap' }}>
              {lead.notes}
            </span>
          ),
        ],
      ]}
    />
  )
}

'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import Link from 'next/link'
import { useState } from 'react'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { EventTypeItemFragment } from '@/lib/graphql.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { JsonBlock } from '@/ui/values/TextBlock.tsx'
import { DeprecateEventType, TypeActivity } from './documents.ts'
import { TypeState } from './EventTypesPage.tsx'

const TypeForm = lazily(() => import('./TypeForm.tsx'))

const number = new Intl.NumberFormat('en')

interface EventTypePaneProps {
  name: string
  type: EventTypeItemFragment | undefined
  onClose: () => void
}

/** Details of one event type: its meaning, its schema and how often it occurs. */
export function EventTypePane({ name, type, onClose }: EventTypePaneProps) {
  const viewer = useViewer()
  const pathTo = useKeptPath()
  const [editing, setEditing] = useState(false)
  const { data } = useQuery(TypeActivity, { variables: { name }, errorPolicy: 'ignore' })
  const deprecate = useAction(DeprecateEventType, {
    failed: 'Not deprecated',
    confirm: () => ({
      title: `Deprecate ${name}?`,
      body: 'It is shown as deprecated. Its events are still accepted.',
      confirm: 'Deprecate the type',
    }),
    done: () => `${name} is deprecated.`,
    refetch: ['EventTypeList'],
  })
  const may = hasRole(viewer, 'OPERATOR') && viewer.tenantId === null
  return (
    <DetailPane
      kind="Event type"
      id={name}
      onClose={onClose}
      footer={
        may &&
        type && (
          <>
            <Button size="xs" onClick={() => setEditing(true)}>
              {type.declared ? 'Change the declaration' : 'Declare it'}
            </Button>
            {type.declared && !type.deprecated && (
              <Button size="xs" variant="default" onClick={() => void deprecate.run({ name })} loading={deprecate.busy}>
                Deprecate…
              </Button>
            )}
          </>
        )
      }
    >
      {!type ? (
        <ProblemNotice problem={makeProblem('NOT_FOUND', `There is no event type ${name}.`)} />
      ) : (
        <>
          <Facts
            facts={[
              ['Name', <strong key="name">{type.name}</strong>],
              ['State', <TypeState key="state" type={type} />],
              ['Description', type.description],
              ['Default severity', <SeverityBadge key="severity" severity={type.defaultSeverity} />],
              [
                'Tenants see it',
                type.tenantVisible ? 'yes: system events of this type are shown to every tenant' : null,
              ],
              ['Version', type.version || null],
              [
                'Events',
                data && (
                  <Link key="events" href={pathTo('/events', { type: name, window: 'all' })} prefetch={false}>
                    {number.format(data.eventStats.total)}, {number.format(data.eventStats.last24h)} of them in the last
                    24 hours
                  </Link>
                ),
              ],
            ]}
          />
          {type.schema == null ? null : (
            <JsonBlock title="Schema" value={type.schema} note="Payloads that violate it are refused." />
          )}
          {type.example == null ? null : <JsonBlock title="Example" value={type.example} />}
        </>
      )}
      {editing && type && <TypeForm type={type} onClose={() => setEditing(false)} />}
    </DetailPane>
  )
}

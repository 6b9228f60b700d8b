'use client'

import { useQuery } from '@apollo/client/react'
import Link from 'next/link'
import { type AuditRowFragment, readFragment } from '@/lib/graphql.ts'
import { idPath } from '@/lib/id-path.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Diff } from '@/ui/values/Diff.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { AuditEntryDetails, AuditRow } from './documents.ts'
import { OutcomeBadge } from './outcome.tsx'

interface AuditPaneProps {
  id: string
  /** The entry's row in the list; undefined if the list does not contain it. */
  entry: AuditRowFragment | undefined
  onClose: () => void
}

/** One audit entry: the user, the action, its target, and the changes. */
export function AuditPane({ id, entry: listed, onClose }: AuditPaneProps) {
  const { data, error, loading } = useQuery(AuditEntryDetails, { variables: { id }, skip: listed !== undefined })
  const entry = listed ?? (data?.node?.__typename === 'AuditEntry' ? readFragment(AuditRow, data.node) : null)
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no audit entry ${id} that you may see.`)
  return (
    <DetailPane kind="Audit entry" id={id} onClose={onClose}>
      {entry ? <Entry entry={entry} /> : loading ? <Placeholder rows={5} /> : <ProblemNotice problem={problem} />}
    </DetailPane>
  )
}

function Entry({ entry }: { entry: AuditRowFragment }) {
  const pathTo = useKeptPath()
  const { actor, roles, targetId, targetType, before, after } = entry
  const target = targetId ? idPath(targetId) : null
  return (
    <>
      <Facts
        facts={[
          ['Action', <strong key="action">{entry.action}</strong>],
          ['Outcome', <OutcomeBadge key="outcome" outcome={entry.outcome} />],
          ['When', <Time key="at" at={entry.at} />],
          [
            'Who',
            `${actor.name ?? actor.id} (${actor.kind.toLowerCase().replace('_', ' ')}, ${roles.join(', ').toLowerCase()})`,
          ],
          ['Actor id', actor.id],
          [
            'Target',
            targetId &&
              (target ? (
                <Link key="target" href={pathTo(target.path, target.params)} prefetch={false}>
                  {targetId}
                </Link>
              ) : (
                `${targetType ?? ''} ${targetId}`
              )),
          ],
          ['Tenant', entry.tenantId ?? 'the installation'],
          ['From', entry.clientIp],
          ['Request', entry.requestId],
          ['Hash', <code key="hash">{entry.hash}</code>],
        ]}
      />
      <Diff label="What changed" before={before} after={after} />
    </>
  )
}

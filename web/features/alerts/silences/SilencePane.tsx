'use client'

import { useQuery } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useNow } from '@/lib/clock.ts'
import { readFragment, type SilenceRowFragment } from '@/lib/graphql.ts'
import { makeProblem, problemOf } from '@/lib/request-error.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { actorText } from '../words.ts'
import { SilenceDetails, SilenceRow } from './documents.ts'
import { matchersText, readMatchers } from './matchers.ts'
import { SilenceBadge, silenceState } from './state.tsx'
import { useExpire } from './use-expire.ts'

const number = new Intl.NumberFormat('en')

interface SilencePaneProps {
  id: string
  /** The silence's row in the list; undefined if the list does not contain it. */
  row: SilenceRowFragment | undefined
  ruleName: (id: string) => string | undefined
  onClose: () => void
}

/** One silence: its matchers, its duration, and the notifications that it suppressed. */
export function SilencePane({ id, row, ruleName, onClose }: SilencePaneProps) {
  const viewer = useViewer()
  const now = useNow()
  const expire = useExpire()
  const { data, error, loading } = useQuery(SilenceDetails, { variables: { id }, skip: row !== undefined })
  const silence = row ?? (data?.node?.__typename === 'Silence' ? readFragment(SilenceRow, data.node) : null)
  const problem = error ? problemOf(error) : makeProblem('NOT_FOUND', `There is no silence ${id} that you may see.`)
  const state = silence && silenceState(silence, now)
  const mayEnd = hasRole(viewer, 'OPERATOR') && state !== null && state !== 'ended'
  return (
    <DetailPane
      kind="Silence"
      id={id}
      onClose={onClose}
      footer={
        mayEnd && (
          <Button size="xs" onClick={() => void expire.run({ id })} loading={expire.busy}>
            End it now…
          </Button>
        )
      }
    >
      {silence && state ? (
        <Facts
          facts={[
            ['State', <SilenceBadge key="state" state={state} />],
            ['Reason', <strong key="reason">{silence.reason}</strong>],
            ['Matches', matchersText(readMatchers(silence.matchers), ruleName)],
            ['Tenant', silence.tenantId ?? 'all tenants'],
            ['Open alerts', `${number.format(silence.matching)} match`],
            ['Held back', `${number.format(silence.heldBack)} notifications`],
            ['Begins', <Time key="begins" at={silence.startsAt} />],
            ['Ends', <Time key="ends" at={silence.endsAt} />],
            ['Warned', silence.warnedAt && <Time key="warned" at={silence.warnedAt} />],
            [
              'Created',
              <span key="created">
                <Time at={silence.createdAt} /> by {actorText(silence.createdBy)}
              </span>,
            ],
          ]}
        />
      ) : loading ? (
        <Placeholder rows={5} />
      ) : (
        <ProblemNotice problem={problem} />
      )}
    </DetailPane>
  )
}

'use client'

import { Button } from '@mantine/core'
import { type ReactNode, useMemo } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { type ArchiveRowFragment, readFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { ArchiveList, ArchiveRow, RestoreArchive, VerifyArchive } from './documents.ts'
import { bytesText } from './words.ts'

type Row = ArchiveRowFragment

const number = new Intl.NumberFormat('en')

const dayOf = ({ day, part }: Row) => (part > 1 ? `${day}, part ${part}` : day)

const COLUMNS: readonly Column<Row>[] = [
  { key: 'day', header: 'Day', width: 150, phone: 'lead', cell: dayOf },
  { key: 'tenant', header: 'Tenant', width: 150, phone: 'title', cell: ({ tenantId }) => tenantId ?? 'system' },
  {
    key: 'events',
    header: 'Events',
    width: 100,
    phone: 'end',
    align: 'end',
    unit: 'events',
    cell: ({ events }) => number.format(events),
  },
  { key: 'size', header: 'Size', width: 90, from: 600, align: 'end', cell: ({ bytes }) => bytesText(bytes) },
  {
    key: 'verified',
    header: 'Found whole',
    width: 170,
    from: 750,
    cell: ({ verifiedAt }) => <Time at={verifiedAt} />,
  },
  {
    key: 'restored',
    header: 'Restored',
    width: 170,
    from: 900,
    cell: ({ restoredAt }) => restoredAt && <Time at={restoredAt} />,
  },
  {
    key: 'location',
    header: 'Where',
    phone: 'sub',
    cell: ({ location }) => <span title={location}>{location}</span>,
  },
]

const idOf = ({ id }: Row) => id
const nameOf = (row: Row) => `${row.tenantId ?? 'system'}, ${dayOf(row)}`

/** Archive files, to verify and restore. Each file has the events of one tenant and one day. */
export default function ArchivesList({ views }: { views: ReactNode }) {
  const tenantId = useTenantFilter()
  const list = useList(ArchiveList, { tenantId }, { field: 'archives' })
  const rows = useMemo(() => list.rows && readFragment(ArchiveRow, list.rows), [list.rows])
  return (
    <ListPage<Row>
      title="Retention"
      list={{ ...list, rows }}
      columns={COLUMNS}
      idOf={idOf}
      nameOf={nameOf}
      views={views}
      empty={{
        title: 'There is no archive file.',
        text: (
          <>
            With <code>EVENT_ARCHIVE_ENABLED</code>, events are written to files before they are pruned.
          </>
        ),
      }}
      pane={(id, close) => <ArchivePane id={id} file={rows?.find((one) => one.id === id)} onClose={close} />}
    />
  )
}

function ArchivePane({ id, file, onClose }: { id: string; file: Row | undefined; onClose: () => void }) {
  const viewer = useViewer()
  const verify = useAction(VerifyArchive, {
    failed: 'Not verified',
    done: ({ verifyArchive: { ok, events, error } }) =>
      ok
        ? `The file is intact: ${number.format(events)} events.`
        : { tone: 'bad', title: 'The file is damaged.', detail: error },
    refetch: ['ArchiveList'],
  })
  const restore = useAction(RestoreArchive, {
    failed: 'Not restored',
    confirm: () => ({
      title: `Restore ${file ? nameOf(file) : id}?`,
      body: 'Its events are restored at their original positions and marked as restored. They are not delivered.',
      confirm: 'Restore the events',
    }),
    done: ({ restoreArchive: { restored, skipped } }) => ({
      title: `${number.format(restored)} events restored.`,
      detail: skipped > 0 ? `${number.format(skipped)} existed already.` : undefined,
    }),
    refetch: ['ArchiveList'],
  })
  return (
    <DetailPane
      kind="Archive file"
      id={id}
      onClose={onClose}
      footer={
        file && (
          <>
            {hasRole(viewer, 'OPERATOR') && (
              <Button size="xs" onClick={() => void verify.run({ id })} loading={verify.busy}>
                Verify
              </Button>
            )}
            {hasRole(viewer, 'ADMIN') && (
              <Button size="xs" variant="default" onClick={() => void restore.run({ id })} loading={restore.busy}>
                Restore…
              </Button>
            )}
          </>
        )
      }
    >
      {file ? (
        <Facts
          facts={[
            ['Day', dayOf(file)],
            ['Tenant', file.tenantId ?? 'none: events of the system'],
            ['Events', number.format(file.events)],
            ['Size', bytesText(file.bytes)],
            ['Written', <Time key="written" at={file.createdAt} />],
            ['Found whole', <Time key="verified" at={file.verifiedAt} />],
            ['Restored', file.restoredAt && <Time key="restored" at={file.restoredAt} />],
            ['Where', file.location],
            ['SHA-256', <code key="sha">{file.sha256}</code>],
          ]}
        />
      ) : (
        <ProblemNotice problem={makeProblem('NOT_FOUND', `The archive file ${id} is not in the list.`)} />
      )}
    </DetailPane>
  )
}

'use client'

import { Button } from '@mantine/core'
import { type ReactNode, useMemo, useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { type KeyRowFragment, readFragment } from '@/lib/graphql.ts'
import { useList } from '@/lib/lists/use-list.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { lazily } from '@/ui/Lazy.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { FilterBar } from '@/ui/lists/FilterBar.tsx'
import type { FilterDefinition } from '@/ui/lists/filter-suggestions.ts'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Badge } from '@/ui/values/Badge.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { KeyList, KeyRow, RevokeKey } from './documents.ts'

type Row = KeyRowFragment

const KeyForm = lazily(() => import('./KeyForm.tsx'))

const KEYS = ['is', 'role'] as const

const isOver = ({ revokedAt, expiresAt }: Row): boolean =>
  revokedAt != null || (expiresAt != null && Date.parse(expiresAt) <= Date.now())

function KeyState({ row }: { row: Row }) {
  const word = row.revokedAt ? 'Revoked' : isOver(row) ? 'Expired' : 'Usable'
  return (
    <Badge tone={isOver(row) ? 'cancelled' : 'arrived'} glyph={isOver(row) ? '–' : '●'} plain={!isOver(row)}>
      {word}
    </Badge>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'state', header: 'State', width: 100, phone: 'lead', cell: (row) => <KeyState row={row} /> },
  { key: 'name', header: 'Name', phone: 'title', cell: ({ name }) => <span title={name}>{name}</span> },
  { key: 'prefix', header: 'Begins with', width: 130, from: 600, cell: ({ prefix }) => <code>{prefix}</code> },
  { key: 'role', header: 'Role', width: 90, phone: 'sub', cell: ({ role }) => role.toLowerCase() },
  { key: 'tenant', header: 'Tenant', width: 130, from: 750, cell: ({ tenantId }) => tenantId ?? 'all' },
  {
    key: 'used',
    header: 'Last used',
    width: 170,
    phone: 'end',
    cell: ({ lastUsedAt }) => (lastUsedAt ? <Time at={lastUsedAt} /> : 'never'),
  },
  {
    key: 'expires',
    header: 'Expires',
    width: 170,
    from: 1050,
    cell: ({ expiresAt }) => (expiresAt ? <Time at={expiresAt} /> : 'never'),
  },
]

const FILTERS: readonly FilterDefinition[] = [
  {
    key: 'is',
    label: 'State',
    options: [
      { value: 'usable', label: 'Usable' },
      { value: 'over', label: 'Revoked or expired' },
    ],
  },
  {
    key: 'role',
    label: 'Role',
    multiple: true,
    options: ['viewer', 'agent', 'operator', 'admin'].map((value) => ({ value, label: value })),
  },
]

const ROLES = ['VIEWER', 'AGENT', 'OPERATOR', 'ADMIN'] as const
const idOf = ({ id }: Row) => id
const nameOf = ({ name }: Row) => name

/** The API keys of programs. A key's secret is shown only once, when the key is created. */
export function KeysList({ views }: { views: ReactNode }) {
  const { params, show, filtered, bar } = useListParams(KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(() => {
    const roles = ROLES.filter((role) => params.role.includes(role.toLowerCase()))
    const usable = params.is[0] === 'usable' ? true : params.is[0] === 'over' ? false : null
    return { tenantId, usable, roles: roles.length > 0 ? roles : null, search: params.q || null }
  }, [tenantId, params])
  const list = useList(KeyList, { filter }, { field: 'apiKeys' })
  const rows = useMemo(() => list.rows && readFragment(KeyRow, list.rows), [list.rows])
  const [adding, setAdding] = useState(false)
  return (
    <>
      <ListPage<Row>
        title="Tenants and keys"
        list={{ ...list, rows }}
        columns={COLUMNS}
        idOf={idOf}
        nameOf={nameOf}
        views={views}
        actions={
          <Button size="xs" onClick={() => setAdding(true)}>
            New key
          </Button>
        }
        empty={
          filtered
            ? { title: 'No key matches.' }
            : { title: 'There is no API key yet.', text: 'Programs sign in with a key. Create one for each program.' }
        }
        pane={(id, close) => <KeyPane id={id} row={rows?.find((one) => one.id === id)} onClose={close} />}
      >
        <FilterBar
          what="API keys"
          filters={FILTERS}
          {...bar}
          searchHint="is: role: or part of a name, or the beginning of a key"
          onClear={filtered ? () => show({}) : undefined}
        />
      </ListPage>
      {adding && <KeyForm onClose={() => setAdding(false)} />}
    </>
  )
}

function KeyPane({ id, row, onClose }: { id: string; row: Row | undefined; onClose: () => void }) {
  const revoke = useAction(RevokeKey, {
    failed: 'Not revoked',
    confirm: () => ({
      title: `Revoke ${row?.name ?? id}?`,
      body: 'Requests with it are refused from now on. This cannot be undone.',
      confirm: 'Revoke the key',
      danger: true,
    }),
    done: () => 'The key is revoked.',
    refetch: ['KeyList'],
  })
  return (
    <DetailPane
      kind="API key"
      id={id}
      onClose={onClose}
      footer={
        row &&
        !row.revokedAt && (
          <Button size="xs" color="red.8" onClick={() => void revoke.run({ id })} loading={revoke.busy}>
            Revoke…
          </Button>
        )
      }
    >
      {row ? (
        <Facts
          facts={[
            ['Name', <strong key="name">{row.name}</strong>],
            ['State', <KeyState key="state" row={row} />],
            ['Begins with', <code key="prefix">{row.prefix}</code>],
            ['Role', row.role.toLowerCase()],
            ['Tenant', row.tenantId ?? 'all'],
            ['Created', <Time key="created" at={row.createdAt} />],
            ['Last used', row.lastUsedAt ? <Time key="used" at={row.lastUsedAt} /> : 'never'],
            ['Expires', row.expiresAt ? <Time key="expires" at={row.expiresAt} /> : 'never'],
            ['Revoked', row.revokedAt && <Time key="revoked" at={row.revokedAt} />],
          ]}
        />
      ) : (
        <p>This key is not in the list. Clear the filters to see it.</p>
      )}
    </DetailPane>
  )
}

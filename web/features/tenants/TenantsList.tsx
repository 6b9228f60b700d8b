'use client'

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useViewer } from '@/features/access/viewer.tsx'
import { readFragment, type TenantItemFragment } from '@/lib/graphql.ts'
import { usePolledQuery, wholeList } from '@/lib/lists/use-page-query.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { DetailPane } from '@/ui/lists/DetailPane.tsx'
import { ListPage } from '@/ui/lists/ListPage.tsx'
import type { Column } from '@/ui/lists/Table.tsx'
import { Facts } from '@/ui/values/Facts.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { TenantItem, TenantList } from './documents.ts'

type Row = TenantItemFragment

const TenantForm = lazily(() => import('./TenantForm.tsx'))

export const limitText = ({ perSecond, isDefault }: Row['publishLimit']): string =>
  `${perSecond === null || perSecond === undefined ? 'no limit' : `${perSecond}/s`}${isDefault ? '' : ' (own)'}`

const COLUMNS: readonly Column<Row>[] = [
  { key: 'id', header: 'Tenant', phone: 'title', cell: ({ id }) => id },
  { key: 'name', header: 'Name', phone: 'sub', cell: ({ name }) => name && <span title={name}>{name}</span> },
  { key: 'publish', header: 'Events', width: 120, from: 600, cell: ({ publishLimit }) => limitText(publishLimit) },
  { key: 'request', header: 'Requests', width: 120, from: 750, cell: ({ requestLimit }) => limitText(requestLimit) },
  {
    key: 'retention',
    header: 'Kept for',
    width: 110,
    from: 600,
    cell: ({ retentionDays, retentionIsDefault }) => `${retentionDays} days${retentionIsDefault ? '' : ' (own)'}`,
  },
  { key: 'created', header: 'Created', width: 170, phone: 'end', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

const idOf = ({ id }: Row) => id

/** The tenants with their limits and retention. */
export function TenantsList({ seeds, views }: { seeds?: readonly Seed[]; views: ReactNode }) {
  useSeeds(seeds, [TenantList])
  const viewer = useViewer()
  const query = usePolledQuery(TenantList, {})
  const [adding, setAdding] = useState(false)
  const rows = readFragment(TenantItem, query.data?.tenants) ?? null
  // Only an administrator of the installation creates tenants.
  const may = viewer.tenantId === null
  return (
    <>
      <ListPage<Row>
        title="Tenants and keys"
        list={wholeList(rows, query)}
        columns={COLUMNS}
        idOf={idOf}
        nameOf={idOf}
        views={views}
        actions={
          may && (
            <Button size="xs" onClick={() => setAdding(true)}>
              New tenant
            </Button>
          )
        }
        empty={{
          title: 'There is no tenant yet.',
          text: 'A tenant is created when an event is published for it, or here.',
        }}
        pane={(id, close) => (
          <TenantPane id={id} tenant={rows?.find((row) => row.id === id)} may={may} onClose={close} />
        )}
      />
      {adding && <TenantForm tenant={null} onClose={() => setAdding(false)} />}
    </>
  )
}

interface TenantPaneProps {
  id: string
  tenant: Row | undefined
  may: boolean
  onClose: () => void
}

function TenantPane({ id, tenant, may, onClose }: TenantPaneProps) {
  const [editing, setEditing] = useState(false)
  return (
    <DetailPane
      kind="Tenant"
      id={id}
      onClose={onClose}
      footer={
        may &&
        tenant && (
          <Button size="xs" onClick={() => setEditing(true)}>
            Change
          </Button>
        )
      }
    >
      {tenant ? (
        <Facts
          facts={[
            ['Name', <strong key="name">{tenant.name}</strong>],
            ['Slug', tenant.id],
            ['Events', limitText(tenant.publishLimit)],
            ['Requests', limitText(tenant.requestLimit)],
            ['Kept for', `${tenant.retentionDays} days`],
            ['Created', <Time key="created" at={tenant.createdAt} />],
          ]}
        />
      ) : (
        <p>There is no tenant {id}.</p>
      )}
      {editing && tenant && <TenantForm tenant={tenant} onClose={() => setEditing(false)} />}
    </DetailPane>
  )
}

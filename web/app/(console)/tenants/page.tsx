import type { Metadata } from 'next'
import { TenantList } from '@/features/tenants/documents.ts'
import { TenantsPage } from '@/features/tenants/TenantsPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Tenants and keys' }

export default async function Page() {
  return <TenantsPage seeds={await seedsOf(ask(TenantList, {}))} />
}

import type { Metadata } from 'next'
import { createLoader, parseAsString, type SearchParams } from 'nuqs/server'
import { TemplateList } from '@/features/alerts/templates/documents.ts'
import { TemplatesPage } from '@/features/alerts/templates/TemplatesPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Alert templates' }

const load = createLoader({ tenant: parseAsString })

export default async function Page({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { tenant } = await load(searchParams)
  return <TemplatesPage seeds={await seedsOf(ask(TemplateList, { tenantId: tenant }))} />
}

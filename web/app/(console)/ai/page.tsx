import type { Metadata } from 'next'
import { ProvidersQuery } from '@/features/ai/documents.ts'
import { ProvidersPage } from '@/features/ai/ProvidersPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'AI providers' }

export default async function Page() {
  return <ProvidersPage seeds={await seedsOf(ask(ProvidersQuery, {}))} />
}

import type { Metadata } from 'next'
import { RetentionQuery } from '@/features/retention/documents.ts'
import { RetentionPage } from '@/features/retention/RetentionPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Retention' }

export default async function Page() {
  return <RetentionPage seeds={await seedsOf(ask(RetentionQuery, {}))} />
}

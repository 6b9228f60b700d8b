import type { Metadata } from 'next'
import { PlatformQuery } from '@/features/registry/documents.ts'
import { ServicesPage } from '@/features/registry/ServicesPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Services' }

export default async function Page() {
  return <ServicesPage seeds={await seedsOf(ask(PlatformQuery, {}))} />
}

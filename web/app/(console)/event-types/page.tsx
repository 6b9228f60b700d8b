import type { Metadata } from 'next'
import { EventTypeList } from '@/features/event-types/documents.ts'
import { EventTypesPage } from '@/features/event-types/EventTypesPage.tsx'
import { ask, seedsOf } from '@/lib/server/server-query.ts'

export const metadata: Metadata = { title: 'Event types' }

export default async function Page() {
  return <EventTypesPage seeds={await seedsOf(ask(EventTypeList, {}))} />
}

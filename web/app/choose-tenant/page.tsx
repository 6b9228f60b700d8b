import type { Metadata } from 'next'
import { TenantChooser } from '@/features/access/tenant/TenantChooser.tsx'
import { safeNext } from '@/lib/next-path.ts'
import { EntryPage } from '@/ui/EntryPage.tsx'

export const metadata: Metadata = { title: 'Choose a tenant' }

export default async function ChooseTenantPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  return (
    <EntryPage>
      <TenantChooser next={safeNext((await searchParams).next)} />
    </EntryPage>
  )
}

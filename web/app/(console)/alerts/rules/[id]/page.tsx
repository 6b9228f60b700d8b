import type { Metadata } from 'next'
import { EditRulePage } from '@/features/alerts/rules/EditRulePage.tsx'

export const metadata: Metadata = { title: 'Alert rule' }

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <EditRulePage id={decodeURIComponent((await params).id)} />
}

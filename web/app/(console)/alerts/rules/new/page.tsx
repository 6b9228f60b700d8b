import type { Metadata } from 'next'
import { NewRulePage } from '@/features/alerts/rules/NewRulePage.tsx'

export const metadata: Metadata = { title: 'New alert rule' }

export default function Page() {
  return <NewRulePage />
}

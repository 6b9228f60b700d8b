import type { Metadata } from 'next'
import { NewWebhookPage } from '@/features/webhooks/NewWebhookPage.tsx'

export const metadata: Metadata = { title: 'New webhook' }

export default function Page() {
  return <NewWebhookPage />
}

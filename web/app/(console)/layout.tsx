import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { ViewerGate, ViewerProvider } from '@/features/access/viewer.tsx'
import { ViewerQuery } from '@/features/access/viewer-query.ts'
import { CurrentDeliveries, FiringAlerts, ServiceStates, WebhookStates } from '@/features/current-state/documents.ts'
import { Frame } from '@/frame/Frame.tsx'
import { ApiProvider } from '@/lib/apollo.tsx'
import { ask, chosenTenant, seedsOf } from '@/lib/server/server-query.ts'

/** Layout of all pages for signed-in users. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const tenantId = new URLSearchParams((await headers()).get('x-search') ?? '').get('tenant')
  const [tenant, viewer, currentState] = await Promise.all([
    chosenTenant(),
    seedsOf(ask(ViewerQuery, {})),
    seedsOf(
      ask(CurrentDeliveries, { filter: { tenantId } }),
      ask(WebhookStates, { tenantId }),
      ask(FiringAlerts, { tenantId }),
      ask(ServiceStates, {}),
    ),
  ])
  return (
    <ApiProvider tenant={tenant}>
      <ViewerProvider seeds={viewer}>
        <Frame seeds={currentState}>
          <ViewerGate>{children}</ViewerGate>
        </Frame>
      </ViewerProvider>
    </ApiProvider>
  )
}

import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { ViewerGate, ViewerProvider } from '@/features/access/viewer.tsx'
import { ViewerQuery } from '@/features/access/viewer-query.ts'
import { FiringAlerts, ServiceStates, StandingQuery, WebhookStates } from '@/features/standing/documents.ts'
import { Frame } from '@/frame/Frame.tsx'
import { ApiProvider } from '@/lib/apollo.tsx'
import { ask, chosenTenant, seedsOf } from '@/lib/server/server-query.ts'

/** Layout of all pages for signed-in users. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const tenantId = new URLSearchParams((await headers()).get('x-search') ?? '').get('tenant')
  const [tenant, viewer, standing] = await Promise.all([
    chosenTenant(),
    seedsOf(ask(ViewerQuery, {})),
    seedsOf(
      ask(StandingQuery, { filter: { tenantId } }),
      ask(WebhookStates, { tenantId }),
      ask(FiringAlerts, { tenantId }),
      ask(ServiceStates, {}),
    ),
  ])
  return (
    <ApiProvider tenant={tenant}>
      <ViewerProvider seeds={viewer}>
        <Frame seeds={standing}>
          <ViewerGate>{children}</ViewerGate>
        </Frame>
      </ViewerProvider>
    </ApiProvider>
  )
}

import type { ReactNode } from 'react'
import { ViewerGate, ViewerProvider } from '@/features/access/viewer.tsx'
import { ViewerQuery } from '@/features/access/viewer-query.ts'
import { Frame } from '@/frame/Frame.tsx'
import { ApiProvider } from '@/lib/apollo.tsx'
import { ask, chosenTenant, seedsOf } from '@/lib/server-query.ts'

/** Every page of somebody who is signed in. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const [tenant, seeds] = await Promise.all([chosenTenant(), seedsOf(ask(ViewerQuery, {}))])
  return (
    <ApiProvider tenant={tenant}>
      <ViewerProvider seeds={seeds}>
        <Frame>
          <ViewerGate>{children}</ViewerGate>
        </Frame>
      </ViewerProvider>
    </ApiProvider>
  )
}

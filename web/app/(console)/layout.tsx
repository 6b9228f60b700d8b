import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { SignOutButton } from '@/features/access/SignOutButton.tsx'
import { readSession } from '@/features/access/session.ts'
import { TenantSelect } from '@/features/access/TenantSelect.tsx'
import { TenantName, TenantSwitch } from '@/features/access/TenantSwitch.tsx'
import { readChoice } from '@/features/access/tenant-choice.ts'
import { ViewerBadge } from '@/features/access/ViewerBadge.tsx'
import { ViewerGate, ViewerProvider } from '@/features/access/viewer.tsx'
import { ApiProvider } from '@/lib/apollo.tsx'
import { ColorSchemeControl } from '@/ui/ColorSchemeControl.tsx'
import { Shell } from '@/ui/Shell.tsx'

const PAGES = [
  { href: '/deliveries', label: 'Deliveries' },
  { href: '/events', label: 'Events' },
]

/** Every page of somebody who is signed in. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const kept = await cookies()
  const cookie = (name: string) => kept.get(name)?.value
  return (
    <ApiProvider tenant={readChoice(readSession(cookie), cookie)}>
      <ViewerProvider>
        <Shell
          nav={PAGES}
          place={<TenantName />}
          viewer={<ViewerBadge />}
          signOut={<SignOutButton />}
          controls={
            <>
              <TenantSelect />
              <TenantSwitch />
              <ColorSchemeControl />
            </>
          }
        >
          <ViewerGate>{children}</ViewerGate>
        </Shell>
      </ViewerProvider>
    </ApiProvider>
  )
}

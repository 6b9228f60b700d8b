import type { ReactNode } from 'react'
import { SignOutButton } from '@/features/access/SignOutButton.tsx'
import { TenantSelect } from '@/features/access/TenantSelect.tsx'
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
export default function ConsoleLayout({ children }: { children: ReactNode }) {
  return (
    <ApiProvider>
      <ViewerProvider>
        <Shell
          nav={PAGES}
          viewer={<ViewerBadge />}
          signOut={<SignOutButton />}
          controls={
            <>
              <TenantSelect />
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

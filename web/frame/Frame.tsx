'use client'

import { useMounted } from '@mantine/hooks'
import { usePathname } from 'next/navigation'
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { TenantPicker } from '@/features/access/tenant/TenantPicker.tsx'
import { PlanHost, ReplayBarHost } from '@/features/bulk-replay/BulkReplayHost.tsx'
import { CurrentStateProvider } from '@/features/current-state/current-state.tsx'
import { ListStateProvider } from '@/lib/live/list-state.tsx'
import type { Seed } from '@/lib/seeds.tsx'
import { usePrefs } from '@/lib/use-prefs.tsx'
import { KeyboardProvider, useShortcuts } from '@/lib/use-shortcuts.tsx'
import { SearchIcon } from '@/ui/icons.tsx'
import { AvatarMenu } from './AvatarMenu.tsx'
import { ConfirmHost } from './ConfirmHost.tsx'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import classes from './Frame.module.css'
import { LiveState } from './LiveState.tsx'
import { isOn, NAV } from './nav.ts'
import { BottomBar, Rail, useGoShortcuts } from './Rail.tsx'
import { Toasts } from './Toasts.tsx'
import { WindowPicker } from './WindowPicker.tsx'

// Loaded on first use.
const Palette = lazy(() => import('./Palette.tsx'))
const HelpSheet = lazy(() => import('./HelpSheet.tsx'))

/**
 * The frame of every page: navigation, top bar, notifications, palette and shortcuts. `seeds`: query results for the
 * badges.
 */
export function Frame({ seeds, children }: { seeds: readonly Seed[]; children: ReactNode }) {
  return (
    <KeyboardProvider>
      <ListStateProvider>
        <CurrentStateProvider seeds={seeds}>
          <Layout>{children}</Layout>
        </CurrentStateProvider>
      </ListStateProvider>
    </KeyboardProvider>
  )
}

function Layout({ children }: { children: ReactNode }) {
  const { prefs, setPrefs } = usePrefs()
  const [help, setHelp] = useState(false)
  /** Null until the palette is first opened, which loads its code. */
  const [palette, setPalette] = useState<boolean | null>(null)
  const main = useRef<HTMLElement>(null)
  const pathname = usePathname()
  // Tells the end-to-end tests that the page's scripts run.
  const ready = useMounted()
  useGoShortcuts()
  useShortcuts([
    { keys: 'Mod+k', label: 'Go to, do, find by id', group: 'Everywhere', run: () => setPalette(true) },
    { keys: '?', label: 'This help', group: 'Everywhere', run: () => setHelp(true) },
    {
      keys: 'Shift+t',
      label: 'Times in UTC or local',
      group: 'Everywhere',
      run: () => setPrefs({ clock: prefs.clock === 'utc' ? 'local' : 'utc' }),
    },
  ])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page is scrolled to its top
  useEffect(() => void main.current?.scrollTo(0, 0), [pathname])
  return (
    <div
      className={classes.frame}
      data-rail-open={prefs.railOpen || undefined}
      data-compact={prefs.compact || undefined}
      data-ready={ready || undefined}
    >
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <Rail />
      <header className={classes.bar}>
        <TenantPicker />
        {!NAV.some((entry) => entry.timeless && isOn(pathname, entry)) && <WindowPicker />}
        <button
          type="button"
          className={classes.find}
          onClick={() => setPalette(true)}
          aria-label="Find or do (Ctrl K)"
        >
          <SearchIcon size={15} />
          <span>Find or do</span>
          <kbd>Ctrl K</kbd>
        </button>
        <LiveState />
        <AvatarMenu onHelp={() => setHelp(true)} />
      </header>
      <main ref={main} id="content" tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        {children}
      </main>
      <div className={classes.strip}>
        <ReplayBarHost />
        <Toasts />
      </div>
      <BottomBar />
      <ConfirmHost />
      <PlanHost />
      {help && (
        <Suspense>
          <HelpSheet onClose={() => setHelp(false)} />
        </Suspense>
      )}
      {palette !== null && (
        <Suspense>
          <Palette opened={palette} onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </div>
  )
}

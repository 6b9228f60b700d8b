'use client'

import { MantineProvider } from '@mantine/core'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import type { ReactNode } from 'react'
import type { Prefs } from '@/lib/prefs.ts'
import { PrefsProvider } from '@/lib/use-prefs.tsx'
import { cssVariables, theme } from './theme.ts'

/** Provides the theme, the user's preferences, and filters stored in the URL. */
export function Providers({ prefs, children }: { prefs: Prefs; children: ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <NuqsAdapter>
        <PrefsProvider initial={prefs}>{children}</PrefsProvider>
      </NuqsAdapter>
    </MantineProvider>
  )
}

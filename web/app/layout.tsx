import '@/ui/mantine-styles.ts'
import '@/ui/tokens.css'
import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core'
import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { PREFS_COOKIE, readPrefs } from '@/lib/prefs.ts'
import { Providers } from '@/ui/Providers.tsx'

export const metadata: Metadata = {
  title: { default: 'AetherLink', template: '%s · AetherLink' },
  description: 'Events, webhook deliveries and replay.',
  robots: { index: false, follow: false },
}

export const viewport: Viewport = { colorScheme: 'light dark' }

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Reading the request makes every page dynamic. The CSP nonce requires that: a prerendered page could not contain a
  // nonce.
  const prefs = readPrefs((await cookies()).get(PREFS_COOKIE)?.value)
  const nonce = (await headers()).get('x-nonce') ?? undefined
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" nonce={nonce} />
      </head>
      <body>
        <Providers prefs={prefs}>{children}</Providers>
      </body>
    </html>
  )
}

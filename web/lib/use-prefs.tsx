'use client'

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { DEFAULT_PREFS, type Prefs, prefsCookie } from './prefs.ts'

interface PrefsState {
  prefs: Prefs
  setPrefs: (patch: Partial<Prefs>) => void
}

const PrefsContext = createContext<PrefsState>({ prefs: DEFAULT_PREFS, setPrefs: () => {} })

/** `initial`: the cookie's value when the server rendered the page. */
export function PrefsProvider({ initial, children }: { initial: Prefs; children: ReactNode }) {
  const [prefs, set] = useState(initial)
  const setPrefs = useCallback((patch: Partial<Prefs>) => set((before) => ({ ...before, ...patch })), [])
  useEffect(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    if (zone) setPrefs({ zone })
  }, [setPrefs])
  useEffect(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on http and in Firefox
    document.cookie = prefsCookie(prefs)
  }, [prefs])
  const state = useMemo(() => ({ prefs, setPrefs }), [prefs, setPrefs])
  return <PrefsContext value={state}>{children}</PrefsContext>
}

export const usePrefs = (): PrefsState => useContext(PrefsContext)

/** The time zone that times are shown in. */
export function useZone(): string {
  const { prefs } = usePrefs()
  return prefs.clock === 'utc' ? 'UTC' : prefs.zone
}

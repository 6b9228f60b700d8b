'use client'

import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useState } from 'react'
import { Keyboard, type Shortcut } from './keyboard.ts'
import { usePrefs } from './use-prefs.tsx'

const KeyboardContext = createContext<Keyboard | null>(null)

/** Handles the keys that are pressed on the page. */
export function KeyboardProvider({ children }: { children: ReactNode }) {
  const [keyboard] = useState(() => new Keyboard())
  const { prefs } = usePrefs()
  useEffect(() => {
    keyboard.letters = prefs.letters
  }, [keyboard, prefs.letters])
  useEffect(() => {
    document.addEventListener('keydown', keyboard.handle)
    return () => document.removeEventListener('keydown', keyboard.handle)
  }, [keyboard])
  return <KeyboardContext value={keyboard}>{children}</KeyboardContext>
}

export function useKeyboard(): Keyboard {
  const keyboard = useContext(KeyboardContext)
  if (!keyboard) throw new Error('useKeyboard outside of KeyboardProvider')
  return keyboard
}

/**
 * Adds shortcuts while the component is mounted. `run` is always the function of the latest render. The set of keys
 * must not change.
 */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const keyboard = useKeyboard()
  const run = useEffectEvent((index: number, event: KeyboardEvent) => shortcuts[index]?.run(event))
  const keys = shortcuts.map((one) => `${one.keys}\t${one.label}`).join('\n')
  const list = useEffectEvent(() => shortcuts)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `keys` changes only if the set of shortcuts does
  useEffect(
    () => keyboard.add(list().map((one, index) => ({ ...one, run: (event) => run(index, event) }))),
    [keyboard, keys],
  )
}

'use client'

import { Switch } from '@mantine/core'
import { useState, useSyncExternalStore } from 'react'
import type { Shortcut } from '@/lib/keyboard.ts'
import { usePrefs } from '@/lib/use-prefs.tsx'
import { useKeyboard } from '@/lib/use-shortcuts.tsx'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import classes from './HelpSheet.module.css'

const NAMES: Record<string, string> = {
  'Mod+k': 'Ctrl K',
  ArrowDown: '↓',
  ArrowUp: '↑',
  Escape: 'Esc',
  'Shift+x': 'Shift X',
}

/** All shortcuts of the open page, and the switch for single-letter shortcuts. */
export default function HelpSheet({ onClose }: { onClose: () => void }) {
  const keyboard = useKeyboard()
  // The shortcuts that the page had when the sheet was opened.
  const [shortcuts] = useState(() => keyboard.all())
  useSyncExternalStore(keyboard.onChange, keyboard.all, keyboard.all)
  const { prefs, setPrefs } = usePrefs()
  const groups = new Map<string, Shortcut[]>()
  for (const shortcut of shortcuts.filter(({ hidden }) => !hidden))
    groups.set(shortcut.group, [...(groups.get(shortcut.group) ?? []), shortcut])
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} width={720}>
      <Switch
        mb="md"
        label="Single letters are shortcuts"
        description="Disable them if you dictate or trigger them by accident. Ctrl K, the arrow keys, Enter and Esc still work."
        checked={prefs.letters}
        onChange={(event) => setPrefs({ letters: event.currentTarget.checked })}
      />
      <div className={classes.groups}>
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {list.map(({ keys, label }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{NAMES[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

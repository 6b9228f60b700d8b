'use client'

import { useMantineColorScheme } from '@mantine/core'
import { useMounted } from '@mantine/hooks'
import { signOut } from '@/features/access/sign-in/sign-out.ts'
import { useViewerState } from '@/features/access/viewer.tsx'
import { showToast } from '@/lib/actions/toasts.ts'
import { usePrefs } from '@/lib/use-prefs.tsx'
import { Menu, MenuGroup, MenuItem } from '@/ui/Menu.tsx'
import classes from './Frame.module.css'

const THEMES = [
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['auto', 'As the system'],
] as const

export async function leave(): Promise<void> {
  if (await signOut()) return
  showToast({ tone: 'bad', title: 'You are still signed in', detail: 'The server did not answer. Try again.' })
}

/** The menu of the signed-in user, with personal settings. */
export function AvatarMenu({ onHelp }: { onHelp: () => void }) {
  const { viewer } = useViewerState()
  const { prefs, setPrefs } = usePrefs()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  // The colour scheme is stored in the browser, so the server does not know it.
  const mounted = useMounted()
  const name = viewer?.name ?? '…'
  const role = viewer?.roles.map((one) => one.charAt(0) + one.slice(1).toLowerCase()).join(', ') ?? ''
  const about = viewer ? `${role} · ${viewer.tenantId ?? 'all tenants'}` : ''
  return (
    <Menu
      label={`Account: ${name}, ${about}`}
      align="end"
      buttonClassName={classes.avatar}
      button={
        <>
          <span className={classes.initial} aria-hidden="true">
            {name.charAt(0).toUpperCase()}
          </span>
          <span className={classes.viewer} data-testid="viewer">
            <span>{name}</span>
            <span>{about}</span>
          </span>
        </>
      }
    >
      {(close) => (
        <>
          <div className={classes.about}>
            <strong>{name}</strong>
            <span>{about}</span>
          </div>
          <MenuGroup label="Colours">
            {THEMES.map(([value, label]) => (
              <MenuItem key={value} checked={mounted && colorScheme === value} onSelect={() => setColorScheme(value)}>
                {label}
              </MenuItem>
            ))}
          </MenuGroup>
          <MenuGroup label="Times">
            <MenuItem checked={prefs.clock === 'local'} onSelect={() => setPrefs({ clock: 'local' })}>
              Local ({prefs.zone})
            </MenuItem>
            <MenuItem checked={prefs.clock === 'utc'} onSelect={() => setPrefs({ clock: 'utc' })}>
              UTC
            </MenuItem>
          </MenuGroup>
          <MenuGroup label="Rows">
            <MenuItem checked={!prefs.compact} onSelect={() => setPrefs({ compact: false })}>
              Comfortable
            </MenuItem>
            <MenuItem checked={prefs.compact} onSelect={() => setPrefs({ compact: true })}>
              Compact
            </MenuItem>
          </MenuGroup>
          <MenuGroup label="Session">
            <MenuItem
              onSelect={() => {
                close()
                onHelp()
              }}
            >
              Keyboard shortcuts
            </MenuItem>
            <MenuItem onSelect={() => void leave()}>Sign out</MenuItem>
          </MenuGroup>
        </>
      )}
    </Menu>
  )
}

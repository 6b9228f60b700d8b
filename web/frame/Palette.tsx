'use client'

import '@mantine/spotlight/styles.css'
import { useMantineColorScheme } from '@mantine/core'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { useRouter } from 'next/navigation'
import { type CSSProperties, useEffect, useState } from 'react'
import { idPath } from '@/lib/id-path.ts'
import { useKeptPath } from '@/lib/url.ts'
import { usePrefs } from '@/lib/use-prefs.tsx'
import { useKeyboard } from '@/lib/use-shortcuts.tsx'
import { SearchIcon } from '@/ui/icons.tsx'
import { leave } from './AvatarMenu.tsx'
import { useNav } from './Rail.tsx'

const [store, spotlight] = createSpotlight()

/** The title names the dialog for screen readers only. Others read the placeholder of the field. */
const HIDDEN: CSSProperties = { position: 'absolute', clipPath: 'inset(50%)', width: 1, height: 1, overflow: 'hidden' }

interface Command {
  group: 'Find' | 'Go to' | 'Do'
  label: string
  keys?: string
  run: () => void
}

/** Opens pages, runs page actions and finds ids. Loaded on first use. */
export default function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [query, setQuery] = useState('')
  useEffect(() => (opened ? spotlight.open() : spotlight.close()), [opened])
  const commands = useCommands(query)
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = commands.filter(
    ({ group, label }) => group === 'Find' || words.every((word) => label.toLowerCase().includes(word)),
  )
  const groups = ['Find', 'Go to', 'Do'] as const
  return (
    <Spotlight.Root
      store={store}
      onSpotlightClose={() => {
        setQuery('')
        onClose()
      }}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      closeOnActionTrigger
      title="Find or do"
      styles={{ header: HIDDEN }}
      // Outside a section, a <header> has the role of a banner. The page already has a banner.
      attributes={{ header: { role: 'presentation' } }}
    >
      <Spotlight.Search
        placeholder="Page, action, or any id"
        aria-label="Find or do"
        style={{ position: 'sticky', top: 0, zIndex: 1, background: 'var(--surface-raised)' }}
        leftSection={<SearchIcon size={16} />}
      />
      <Spotlight.ActionsList ref={makeFocusable}>
        {groups.map((group) => {
          const list = matches.filter((command) => command.group === group)
          return list.length === 0 ? null : (
            <Spotlight.ActionsGroup key={group} label={group}>
              {list.map(({ label, keys, run }) => (
                <Spotlight.Action key={label} label={label} rightSection={keys} onClick={run} />
              ))}
            </Spotlight.ActionsGroup>
          )
        })}
        {matches.length === 0 && <Spotlight.Empty>Nothing found</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

/**
 * Users of a keyboard can scroll only a focusable element, and the commands in the list are not in the tab order (WCAG
 * 2.1.1).
 */
const makeFocusable = (list: HTMLDivElement | null) =>
  list?.querySelector('.mantine-ScrollArea-viewport')?.setAttribute('tabindex', '0')

function useCommands(query: string): Command[] {
  const router = useRouter()
  const pathTo = useKeptPath()
  const nav = useNav()
  const keyboard = useKeyboard()
  const { prefs, setPrefs } = usePrefs()
  const { setColorScheme } = useMantineColorScheme()
  const go = (path: string, more?: Readonly<Record<string, string>>) => router.push(pathTo(path, more))
  const text = query.trim()
  const byId = idPath(text)
  const find: Command[] = byId
    ? [{ group: 'Find', label: `Open ${text}`, run: () => go(byId.path, byId.params) }]
    : text === ''
      ? []
      : [
          {
            group: 'Find',
            label: `Deliveries with “${text}”`,
            run: () => go('/deliveries', { window: 'all', q: text }),
          },
          { group: 'Find', label: `Events with “${text}”`, run: () => go('/events', { window: 'all', q: text }) },
        ]
  const pages = nav.map(
    ({ href, label, letter }): Command => ({
      group: 'Go to',
      label,
      keys: letter && `g ${letter}`,
      run: () => go(href),
    }),
  )
  const shown = keyboard
    .all()
    .filter(({ hidden, group }) => !hidden && group !== 'Go to' && group !== 'Rows')
    .map(
      ({ label, keys, run }): Command => ({ group: 'Do', label, keys, run: () => run(new KeyboardEvent('keydown')) }),
    )
  const ownCommands: Command[] = [
    { group: 'Do', label: 'Light colours', run: () => setColorScheme('light') },
    { group: 'Do', label: 'Dark colours', run: () => setColorScheme('dark') },
    { group: 'Do', label: "The system's colours", run: () => setColorScheme('auto') },
    {
      group: 'Do',
      label: prefs.compact ? 'Comfortable rows' : 'Compact rows',
      run: () => setPrefs({ compact: !prefs.compact }),
    },
    { group: 'Do', label: 'Sign out', run: () => void leave() },
  ]
  return [...find, ...pages, ...shown.filter(({ keys }) => keys !== 'Mod+k'), ...ownCommands]
}

'use client'

import { type KeyboardEvent, type ReactNode, useId } from 'react'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import classes from './Tabs.module.css'

interface Tab<Name extends string> {
  name: Name
  label: ReactNode
}

interface TabsProps<Name extends string> {
  /** Accessible name of the tabs. */
  label: string
  tabs: readonly Tab<Name>[]
  active: Name
  onChange: (name: Name) => void
  children: ReactNode
}

/** Tabs with the panel of the active tab. The arrow keys and [ ] switch between tabs. */
export function Tabs<Name extends string>({ label, tabs, active, onChange, children }: TabsProps<Name>) {
  const id = useId()
  const go = (by: number) => {
    const at = tabs.findIndex(({ name }) => name === active)
    const next = tabs[(at + by + tabs.length) % tabs.length]
    if (next) onChange(next.name)
    return next
  }
  useShortcuts([
    { keys: '[', label: 'Previous tab', group: 'Rows', run: () => void go(-1) },
    { keys: ']', label: 'Next tab', group: 'Rows', run: () => void go(1) },
  ])
  const move = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    const next = go(by)
    if (next) document.getElementById(`${id}-${next.name}`)?.focus()
  }
  return (
    <div className={classes.tabs}>
      <div role="tablist" aria-label={label} className={classes.list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            id={`${id}-${tab.name}`}
            aria-selected={tab.name === active}
            aria-controls={`${id}-panel`}
            tabIndex={tab.name === active ? 0 : -1}
            onClick={() => onChange(tab.name)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`} className={classes.panel}>
        {children}
      </div>
    </div>
  )
}

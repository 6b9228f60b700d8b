'use client'

import { usePathname } from 'next/navigation'
import { useEffect, useState } from 'react'
import { confirm } from '@/lib/actions/confirm.ts'
import { MoreIcon } from '../icons.tsx'
import { Menu, MenuGroup, MenuItem } from '../Menu.tsx'
import classes from './SavedViews.module.css'

/** A view: a name and the URL parameters that it sets. */
export interface View {
  name: string
  params: Readonly<Record<string, string>>
}

interface SavedViewsProps {
  /** The predefined views of the page. */
  views: readonly View[]
  /** The current URL parameters that differ from their defaults. */
  current: Readonly<Record<string, string>>
  onShow: (params: Readonly<Record<string, string>>) => void
}

const keyOf = (pathname: string): string => `aetherlink:views:${pathname}`

/** The views of this page that the user saved in this browser. */
function useOwnViews() {
  const key = keyOf(usePathname())
  const [views, set] = useState<readonly View[]>([])
  useEffect(() => {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
      if (Array.isArray(kept)) set(kept.filter(isView))
    } catch {
      // The stored value is invalid or storage is unavailable, so there are no views.
    }
  }, [key])
  const keep = (next: readonly View[]) => {
    set(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
    } catch {
      // Storage is unavailable, so the views last until the page is closed.
    }
  }
  return { views, keep }
}

const isView = (value: unknown): value is View =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'params' in value &&
  typeof value.params === 'object' &&
  value.params !== null &&
  Object.values(value.params).every((one) => typeof one === 'string')

const same = (one: View['params'], other: View['params']): boolean => {
  const text = (params: View['params']) => JSON.stringify(Object.entries(params).sort())
  return text(one) === text(other)
}

/** The predefined views of the page and the user's own ones. The active view is marked. */
export function SavedViews({ views, current, onShow }: SavedViewsProps) {
  const ownViews = useOwnViews()
  const all = [...views, ...ownViews.views]
  const shown = all.find(({ params }) => same(params, current))
  const save = async () => {
    const answer = await confirm({
      title: 'Save this view',
      confirm: 'Save',
      ask: { label: 'Name', required: true, maxLength: 40, placeholder: 'Orders that time out' },
    })
    if (answer.confirmed)
      ownViews.keep([
        ...ownViews.views.filter(({ name }) => name !== answer.text),
        { name: answer.text, params: current },
      ])
  }
  return (
    <nav className={classes.views} aria-label="Views">
      {all.map((view) => (
        <button
          key={view.name}
          type="button"
          aria-pressed={view === shown}
          onClick={() => onShow(view === shown ? {} : view.params)}
        >
          {view.name}
        </button>
      ))}
      <Menu label="Save or delete views" buttonClassName={classes.more} button={<MoreIcon size={15} />}>
        {(close) => (
          <>
            <MenuItem
              disabled={shown !== undefined || Object.keys(current).length === 0}
              onSelect={() => {
                close()
                void save()
              }}
            >
              Save this view…
            </MenuItem>
            {ownViews.views.length > 0 && (
              <MenuGroup label="Delete">
                {ownViews.views.map((view) => (
                  <MenuItem
                    key={view.name}
                    onSelect={() => {
                      close()
                      ownViews.keep(ownViews.views.filter((one) => one !== view))
                    }}
                  >
                    {view.name}
                  </MenuItem>
                ))}
              </MenuGroup>
            )}
          </>
        )}
      </Menu>
    </nav>
  )
}

'use client'

import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { hasRole, useViewerState } from '@/features/access/viewer.tsx'
import { useKeptPath } from '@/lib/url.ts'
import { usePrefs } from '@/lib/use-prefs.tsx'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { Mark, MenuIcon, MoreIcon } from '@/ui/icons.tsx'
import { Menu } from '@/ui/Menu.tsx'
import { isOn, NAV, type NavEntry } from './nav.ts'
import classes from './Rail.module.css'

/** The pages that the viewer's role may open. */
export function useNav(): readonly NavEntry[] {
  const { viewer } = useViewerState()
  return NAV.filter(({ role }) => role === undefined || (viewer !== null && hasRole(viewer, role)))
}

function Badge({ use, label }: { use: () => number | null; label: string }) {
  const count = use()
  if (!count) return null
  return (
    <span className={classes.badge} title={`${label}: ${count}`}>
      {count > 999 ? '999+' : count}
    </span>
  )
}

function NavLink({ entry, onFollow }: { entry: NavEntry; onFollow?: () => void }) {
  const { href, label, icon: Icon, useBadge, letter } = entry
  const pathTo = useKeptPath()
  const pathname = usePathname()
  return (
    <Link
      href={pathTo(href)}
      prefetch={false}
      className={classes.link}
      aria-current={isOn(pathname, entry) ? 'page' : undefined}
      title={letter ? `${label} (g ${letter})` : label}
      onClick={onFollow}
    >
      <Icon size={18} />
      <span className={classes.label}>{label}</span>
      {useBadge && <Badge use={useBadge} label={label} />}
    </Link>
  )
}

/** The navigation on the left: icons, with or without names. */
export function Rail() {
  const { prefs, setPrefs } = usePrefs()
  const entries = useNav()
  return (
    <nav className={classes.rail} data-open={prefs.railOpen || undefined} aria-label="Pages">
      <div className={classes.brand}>
        <Mark size={26} />
        <span className={classes.label}>AetherLink</span>
      </div>
      <div className={classes.links}>
        {entries.map((entry, index) => (
          <div key={entry.href} data-first={(index > 0 && entries[index - 1]?.group !== entry.group) || undefined}>
            <NavLink entry={entry} />
          </div>
        ))}
      </div>
      <button
        type="button"
        className={classes.link}
        aria-expanded={prefs.railOpen}
        aria-label={prefs.railOpen ? 'Hide page names' : 'Show page names'}
        onClick={() => setPrefs({ railOpen: !prefs.railOpen })}
      >
        <MenuIcon size={18} />
        <span className={classes.label}>Narrow</span>
      </button>
    </nav>
  )
}

/** The navigation on a phone: three pages and a menu with the others. */
export function BottomBar() {
  const entries = useNav()
  const first = entries.filter(({ phone }) => phone).slice(0, 3)
  const rest = entries.filter((entry) => !first.includes(entry))
  return (
    <nav className={classes.bottom} aria-label="Pages">
      {first.map((entry) => (
        <NavLink key={entry.href} entry={entry} />
      ))}
      <Menu
        label="More pages"
        role="dialog"
        align="end"
        buttonClassName={classes.link}
        button={
          <>
            <MoreIcon size={18} />
            <span className={classes.label}>More</span>
          </>
        }
      >
        {(close) => (
          <div className={classes.more}>
            {rest.map((entry) => (
              <NavLink key={entry.href} entry={entry} onFollow={close} />
            ))}
          </div>
        )}
      </Menu>
    </nav>
  )
}

/** Shortcuts such as "g d" that open pages. */
export function useGoShortcuts(): void {
  const router = useRouter()
  const pathTo = useKeptPath()
  useShortcuts(
    useNav().flatMap(({ href, label, letter }) =>
      letter ? [{ keys: `g ${letter}`, label, group: 'Go to', run: () => router.push(pathTo(href)) }] : [],
    ),
  )
}

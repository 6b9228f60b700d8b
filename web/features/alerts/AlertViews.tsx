'use client'

import Link from 'next/link'
import { useKeptPath } from '@/lib/url.ts'
import classes from './Alerts.module.css'

const VIEWS = [
  { name: 'alerts', path: '/alerts', label: 'Alerts' },
  { name: 'rules', path: '/alerts/rules', label: 'Rules' },
  { name: 'templates', path: '/alerts/templates', label: 'Templates' },
  { name: 'silences', path: '/alerts/silences', label: 'Silences' },
] as const

/** Links to the pages about alerts, beside the title of each of them. */
export function AlertViews({ current }: { current: (typeof VIEWS)[number]['name'] }) {
  const pathTo = useKeptPath()
  return (
    <nav className={classes.views} aria-label="About alerts">
      {VIEWS.map(({ name, path, label }) => (
        <Link key={name} href={pathTo(path)} prefetch={false} aria-current={name === current ? 'page' : undefined}>
          {label}
        </Link>
      ))}
    </nav>
  )
}

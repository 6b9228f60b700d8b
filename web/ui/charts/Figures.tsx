import Link from 'next/link'
import type { ReactNode } from 'react'
import type { Tone } from '../values/Badge.tsx'
import classes from './Figures.module.css'

export interface Figure {
  label: string
  value: string
  /** Link to the counted rows. */
  href?: string
  /** Set only if the figure needs attention: its colour. */
  tone?: Tone
  note?: ReactNode
}

/** A row of named numbers, each with a link to its rows. `outdated`: the numbers belong to the previous filter. */
export function Figures({
  label,
  figures,
  outdated,
}: {
  label: string
  figures: readonly Figure[]
  outdated?: boolean
}) {
  return (
    <section
      aria-label={label}
      className={classes.strip}
      aria-busy={outdated || undefined}
      data-outdated={outdated || undefined}
    >
      {figures.map(({ label: name, value, href, tone, note }) => {
        const content = (
          <>
            <span className={classes.name}>{name}</span>
            <span className={classes.value}>{value}</span>
            {note && <span className={classes.note}>{note}</span>}
          </>
        )
        return href ? (
          <Link key={name} href={href} prefetch={false} className={classes.figure} data-tone={tone}>
            {content}
          </Link>
        ) : (
          <div key={name} className={classes.figure} data-tone={tone}>
            {content}
          </div>
        )
      })}
    </section>
  )
}

import type { ReactNode } from 'react'
import classes from './Badge.module.css'

/** A state's colours in ui/tokens.css. */
export type Tone = 'arrived' | 'waiting' | 'held' | 'retrying' | 'dead' | 'recovered' | 'cancelled'

interface BadgeProps {
  tone: Tone
  /** A shape that identifies the state without colour. */
  glyph: string
  children: ReactNode
  /** Without a fill, for the normal state. */
  plain?: boolean
  title?: string
}

/** A state with glyph, label and colours. */
export function Badge({ tone, glyph, children, plain, title }: BadgeProps) {
  return (
    <span className={classes.badge} data-tone={tone} data-plain={plain || undefined} title={title}>
      <span aria-hidden="true" className={classes.glyph}>
        {glyph}
      </span>
      {children}
    </span>
  )
}

/** The appearance of a state: label, shape and colours. */
export interface StateStyle {
  label: string
  glyph: string
  tone: Tone
}

/** The badge for an appearance. */
export const StateBadge = ({ state, plain }: { state: StateStyle; plain?: boolean }) => (
  <Badge tone={state.tone} glyph={state.glyph} plain={plain}>
    {state.label}
  </Badge>
)

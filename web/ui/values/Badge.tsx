import type { ReactNode } from 'react'
import classes from './Badge.module.css'

/** The name of a set of colours in ui/tokens.css. */
export type Tone = 'arrived' | 'waiting' | 'held' | 'retrying' | 'dead' | 'recovered' | 'cancelled'

interface BadgeProps {
  tone: Tone
  /** A shape that identifies the state without colour. */
  glyph: string
  children: ReactNode
  /** Without a background colour, for the normal state. */
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

/** A badge with the appearance of a state. */
export const StateBadge = ({ state, plain }: { state: StateStyle; plain?: boolean }) => (
  <Badge tone={state.tone} glyph={state.glyph} plain={plain}>
    {state.label}
  </Badge>
)

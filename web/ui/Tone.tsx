import { Badge, type BadgeProps } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Tone.module.css'

/** A colour of the theme that stands for a status or a severity, always beside its name and an icon. */
export type ToneColor = 'blue' | 'indigo' | 'teal' | 'yellow' | 'orange' | 'red' | 'gray'

type ToneProps = Omit<BadgeProps, 'color' | 'variant'> & {
  tone: ToneColor
  icon: ReactNode
  strong?: boolean
  children: ReactNode
}

/** A badge whose text keeps a contrast of 4.5 to its ground in both colour schemes. */
export function Tone({ tone, icon, strong = false, children, ...props }: ToneProps) {
  return (
    <Badge
      {...props}
      className={classes.tone}
      data-strong={strong || undefined}
      leftSection={icon}
      tt="none"
      fw={600}
      radius="sm"
      __vars={{ '--tone': `var(--mantine-color-${tone}-6)`, '--tone-pale': `var(--mantine-color-${tone}-3)` }}
    >
      {children}
    </Badge>
  )
}

import { Box, Paper, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Figures.module.css'
import type { ToneColor } from './Tone.tsx'

export interface Figure {
  label: string
  value: string
  /** Coloured only where there is something to look at. */
  tone?: ToneColor
  note?: ReactNode
}

/** A strip of numbers, each with its name and what it means. */
export function Figures({ label, figures }: { label: string; figures: readonly Figure[] }) {
  return (
    <Box component="section" aria-label={label} className={classes.strip}>
      {figures.map(({ label: name, value, tone, note }) => (
        <Paper
          key={name}
          withBorder
          px="sm"
          py="xs"
          className={classes.figure}
          __vars={{ '--tone': tone && `var(--mantine-color-${tone}-6)` }}
        >
          <Text size="xs" c="dimmed">
            {name}
          </Text>
          <Text fz={22} lh={1.25} fw={600} className={classes.value}>
            {value}
          </Text>
          <Text size="xs" c="dimmed" mih="1.2rem" visibleFrom="sm">
            {note}
          </Text>
        </Paper>
      ))}
    </Box>
  )
}

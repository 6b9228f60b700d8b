'use client'

import { Box } from '@mantine/core'
import { useId } from 'react'
import classes from './Choice.module.css'
import type { ToneColor } from './Tone.tsx'

interface Option<Value extends string> {
  value: Value
  label: string
  tone?: ToneColor
}

interface ChoiceProps<Value extends string> {
  label: string
  options: readonly Option<Value>[]
  value: Value
  onChange: (value: Value) => void
}

/** One of several, all in sight, each with its colour: radio buttons that wrap on a narrow screen. */
export function Choice<Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} className={classes.group}>
      {options.map((option) => (
        <Box component="label" key={option.value} className={classes.option} __vars={{ '--tone': toneOf(option.tone) }}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.tone && <span className={classes.dot} aria-hidden="true" />}
          {option.label}
        </Box>
      ))}
    </div>
  )
}

const toneOf = (tone: ToneColor = 'indigo'): string => `var(--mantine-color-${tone}-6)`

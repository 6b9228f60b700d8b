'use client'

import { Chip, Group } from '@mantine/core'
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

/** One of several, all in sight: radio buttons that look like chips and wrap on a narrow screen. */
export function Choice<Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) {
  const pick = (picked: string) => {
    const option = options.find((candidate) => candidate.value === picked)
    if (option) onChange(option.value)
  }
  return (
    <Chip.Group value={value} onChange={pick}>
      <Group gap={6} role="radiogroup" aria-label={label}>
        {options.map((option) => (
          <Chip key={option.value} value={option.value} color={option.tone ?? 'indigo'} size="xs" variant="outline">
            {option.label}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  )
}

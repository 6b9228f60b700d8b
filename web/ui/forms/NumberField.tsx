'use client'

import { TextInput, type TextInputProps } from '@mantine/core'

type NumberFieldProps = Omit<TextInputProps, 'value' | 'defaultValue' | 'onChange' | 'type'> & {
  value?: number | ''
  onChange?: (value: number | '') => void
}

/** A native input for an integer, which may be left empty. */
export function NumberField({ value, onChange, ...props }: NumberFieldProps) {
  return (
    <TextInput
      {...props}
      type="number"
      inputMode="numeric"
      value={value ?? ''}
      onChange={(event) => {
        const text = event.currentTarget.value
        onChange?.(text === '' || Number.isNaN(Number(text)) ? '' : Number(text))
      }}
    />
  )
}

'use client'

import { CloseButton, TextInput } from '@mantine/core'
import { SearchIcon } from './icons.tsx'
import { useTypedText } from './use-typed-text.ts'

interface SearchFieldProps {
  label: string
  placeholder: string
  value: string
  onChange: (value: string) => void
}

/** Searches when the typing pauses. */
export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  const [text, setText] = useTypedText(value, onChange)
  return (
    <TextInput
      size="xs"
      w={{ base: '100%', sm: 230 }}
      aria-label={label}
      placeholder={placeholder}
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      leftSection={<SearchIcon size={14} />}
      rightSection={text && <CloseButton size="xs" aria-label={`Clear: ${label}`} onClick={() => setText('')} />}
    />
  )
}

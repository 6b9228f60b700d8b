'use client'

import { useQuery } from '@apollo/client/react'
import { Autocomplete } from '@mantine/core'
import { graphql } from '@/lib/graphql.ts'
import { useTypedText } from '@/ui/use-typed-text.ts'

const EventTypeNames = graphql(`
  query EventTypeNames {
    eventTypes {
      name
    }
  }
`)

/** Narrows to an event type or a glob of types; proposes those of the catalogue. */
export function TypeField({ value, onChange }: { value: string; onChange: (type: string) => void }) {
  const [text, setText] = useTypedText(value, onChange)
  // Proposals only: without them one types.
  const { data } = useQuery(EventTypeNames, { fetchPolicy: 'cache-first', errorPolicy: 'ignore' })
  return (
    <Autocomplete
      size="xs"
      w={{ base: '100%', sm: 200 }}
      aria-label="Event type"
      placeholder="Type, such as autoheal.*"
      maxLength={200}
      limit={20}
      clearable
      clearButtonProps={{ 'aria-label': 'Any event type' }}
      data={data?.eventTypes.map(({ name }) => name) ?? []}
      value={text}
      onChange={setText}
    />
  )
}

'use client'

import { Accordion, Group, Stack, Text } from '@mantine/core'
import { type FragmentType, graphql, readFragment } from '@/lib/graphql.ts'
import { duration } from '@/lib/time.ts'
import { CheckIcon, CrossIcon } from '@/ui/icons.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { JsonBlock, TextBlock } from '@/ui/TextBlock.tsx'
import { Tone } from '@/ui/Tone.tsx'
import { ERROR_KINDS } from './status.tsx'

export const AttemptItem = graphql(`
  fragment AttemptItem on DeliveryAttempt {
    id
    number
    startedAt
    durationMs
    statusCode
    errorKind
    error
    responseHeaders
    responseBody
    responseBodyTruncated
  }
`)

/** Every attempt, oldest first, with what the receiver answered; the newest is open. */
export function AttemptList({ attempts }: { attempts: readonly FragmentType<typeof AttemptItem>[] }) {
  const rows = readFragment(AttemptItem, attempts)
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} component="h2">
        Attempts
      </Text>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      {rows.length > 0 && (
        <Accordion variant="contained" defaultValue={rows.at(-1)?.id} chevronPosition="left">
          {rows.map((attempt) => (
            <Accordion.Item key={attempt.id} value={attempt.id}>
              <Accordion.Control>
                <Group gap="sm" wrap="nowrap">
                  <Text size="sm" fw={600}>
                    #{attempt.number}
                  </Text>
                  <Tone
                    tone={attempt.errorKind ? 'red' : 'teal'}
                    icon={attempt.errorKind ? <CrossIcon size={12} /> : <CheckIcon size={12} />}
                  >
                    {attempt.statusCode ?? (attempt.errorKind ? ERROR_KINDS[attempt.errorKind] : 'OK')}
                  </Tone>
                  <Text size="xs" c="dimmed">
                    {duration(attempt.durationMs)}
                  </Text>
                  <Text size="xs" c="dimmed" ml="auto">
                    <RelativeTime at={attempt.startedAt} />
                  </Text>
                </Group>
              </Accordion.Control>
              <Accordion.Panel>
                <Stack gap="sm">
                  {attempt.error && (
                    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                      {attempt.error}
                    </Text>
                  )}
                  {attempt.responseBody ? (
                    <TextBlock
                      title="Response body"
                      text={attempt.responseBody}
                      note={attempt.responseBodyTruncated ? 'Only its beginning was kept.' : undefined}
                    />
                  ) : (
                    <Text size="xs" c="dimmed">
                      {attempt.statusCode ? 'The answer had no body.' : 'There was no answer.'}
                    </Text>
                  )}
                  {attempt.responseHeaders !== null && attempt.responseHeaders !== undefined && (
                    <JsonBlock title="Response headers" value={attempt.responseHeaders} />
                  )}
                </Stack>
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      )}
    </Stack>
  )
}

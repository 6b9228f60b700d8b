'use client'

import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import Link from 'next/link'
import { useKeptPath } from '@/lib/filters.ts'
import { type DeliveryMatch, type FragmentType, graphql, readFragment } from '@/lib/graphql.ts'
import { CheckIcon, ClockIcon, CrossIcon, PauseIcon, StopIcon } from '@/ui/icons.tsx'
import { Tone, type ToneColor } from '@/ui/Tone.tsx'

export const ExplanationItem = graphql(`
  fragment ExplanationItem on DeliveryExplanation {
    outcome
    reason
    webhook {
      id
      name
    }
    delivery {
      id
    }
  }
`)

const OUTCOMES = {
  DELIVERED: { label: 'Delivered', tone: 'teal', icon: CheckIcon },
  IN_PROGRESS: { label: 'In progress', tone: 'blue', icon: ClockIcon },
  HELD: { label: 'On hold', tone: 'yellow', icon: PauseIcon },
  FAILED: { label: 'Failed', tone: 'red', icon: CrossIcon },
  NOT_SUBSCRIBED: { label: 'Not subscribed', tone: 'gray', icon: StopIcon },
  WEBHOOK_DISABLED: { label: 'Webhook disabled', tone: 'gray', icon: StopIcon },
  WEBHOOK_CREATED_LATER: { label: 'Webhook is newer', tone: 'gray', icon: StopIcon },
} as const satisfies Record<DeliveryMatch, { label: string; tone: ToneColor; icon: typeof CheckIcon }>

/** Each webhook that could have received the event, and why it did or did not. */
export function ExplanationList({ explanations }: { explanations: readonly FragmentType<typeof ExplanationItem>[] }) {
  const rows = readFragment(ExplanationItem, explanations)
  const pathTo = useKeptPath()
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} component="h2">
        Who received it
      </Text>
      {rows.length === 0 && (
        <Text size="sm" c="dimmed">
          No webhook could have: there is none for this tenant.
        </Text>
      )}
      {rows.map(({ webhook, outcome, reason, delivery }) => {
        const { label, tone, icon: Icon } = OUTCOMES[outcome]
        return (
          <Paper key={webhook.id} withBorder p="xs">
            <Group gap="xs" justify="space-between">
              <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
                {webhook.name}
              </Text>
              <Tone tone={tone} icon={<Icon size={12} />}>
                {label}
              </Tone>
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {reason}
            </Text>
            {delivery && (
              <Anchor component={Link} href={pathTo('/deliveries', { window: 'all', delivery: delivery.id })} size="xs">
                Show the delivery
              </Anchor>
            )}
          </Paper>
        )
      })}
    </Stack>
  )
}

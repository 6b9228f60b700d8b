'use client'

import { ActionIcon, Group, Text, Title, Tooltip } from '@mantine/core'
import { RefreshIcon } from './icons.tsx'
import { RelativeTime } from './RelativeTime.tsx'

interface PageHeaderProps {
  title: string
  /** When what is shown was loaded, in milliseconds. */
  loadedAt: number | null
  refreshing: boolean
  onRefresh: () => void
}

/** A page's title, how old its rows are, and the button that loads them again. */
export function PageHeader({ title, loadedAt, refreshing, onRefresh }: PageHeaderProps) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Title order={1} size="h3">
        {title}
      </Title>
      <Group gap="xs" wrap="nowrap">
        {loadedAt !== null && (
          <Text size="xs" c="dimmed">
            Updated <RelativeTime at={new Date(loadedAt).toISOString()} />
          </Text>
        )}
        <Tooltip label="Refresh">
          <ActionIcon variant="default" size="md" onClick={onRefresh} loading={refreshing} aria-label="Refresh">
            <RefreshIcon />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  )
}

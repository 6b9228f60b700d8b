'use client'

import { ActionIcon, Group, Title, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { RefreshIcon } from './icons.tsx'

interface PageHeaderProps {
  title: string
  /** Whether its rows are up to date, and the way to keep them as they are. */
  live: ReactNode
  refreshing: boolean
  onRefresh: () => void
}

/** A page's title, how it stands with its rows, and the button that loads them again. */
export function PageHeader({ title, live, refreshing, onRefresh }: PageHeaderProps) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Title order={1} size="h3">
        {title}
      </Title>
      <Group gap="xs" wrap="nowrap">
        {live}
        <Tooltip label="Refresh">
          <ActionIcon variant="default" size="md" onClick={onRefresh} loading={refreshing} aria-label="Refresh">
            <RefreshIcon />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  )
}

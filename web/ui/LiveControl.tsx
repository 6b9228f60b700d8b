'use client'

import { Button, Group, Text } from '@mantine/core'
import { useConnection } from '@/lib/live/use-connection.tsx'
import type { LiveList } from '@/lib/live/use-live-list.ts'
import { PauseIcon, PlayIcon } from './icons.tsx'
import classes from './LiveControl.module.css'
import { countOf } from './NewRows.tsx'
import { RelativeTime } from './RelativeTime.tsx'

interface LiveControlProps {
  live: LiveList
  /** The list is not followed, though it is connected. */
  stopped: boolean
  /** When what is shown was loaded, in milliseconds. */
  loadedAt: number | null
}

/** Whether a list is live, and the way to keep it as it is for a while. */
export function LiveControl({ live, stopped, loadedAt }: LiveControlProps) {
  const { paused, setPaused, waiting } = live
  return (
    <Group gap="xs" wrap="nowrap">
      <Text size="xs" c="dimmed" component="span" data-testid="live-state">
        <Standing live={live} stopped={stopped} loadedAt={loadedAt} />
      </Text>
      <Button
        variant={paused ? 'filled' : 'default'}
        size="xs"
        h={28}
        px="xs"
        leftSection={paused ? <PlayIcon size={14} /> : <PauseIcon size={14} />}
        onClick={() => setPaused(!paused)}
      >
        {paused ? `Resume${waiting > 0 ? ` (${countOf(waiting)} new)` : ''}` : 'Pause'}
      </Button>
    </Group>
  )
}

function Standing({ live, stopped, loadedAt }: LiveControlProps) {
  const { state } = useConnection()
  if (live.paused) return 'Paused'
  if (!stopped && (state === 'live' || state === 'catchingUp' || state === 'back')) {
    return (
      <>
        <span className={classes.dot} aria-hidden="true" />
        Live
      </>
    )
  }
  if (!stopped && (state === 'resting' || state === 'connecting')) return 'Connecting…'
  return loadedAt === null ? (
    'Not live'
  ) : (
    <>
      Not live<span className={classes.more}>, loaded </span>
      <span className={classes.more}>
        <RelativeTime at={new Date(loadedAt).toISOString()} />
      </span>
    </>
  )
}

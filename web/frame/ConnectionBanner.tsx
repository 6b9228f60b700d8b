'use client'

import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { clockTime } from '@/lib/format/time.ts'
import { connectionMessage } from '@/lib/live/connection-messages.ts'
import { useShownList } from '@/lib/live/list-state.tsx'
import { useConnection, useLiveSocket } from '@/lib/live/use-connection.tsx'
import { slowSince } from '@/lib/slow-requests.ts'
import { useStore } from '@/lib/store.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import classes from './ConnectionBanner.module.css'

/** Warns that the page is outdated, and shows the time of its data. Takes no space while connected. */
export function ConnectionBanner() {
  const socket = useLiveSocket()
  const connection = useConnection()
  const slow = useStore(slowSince)
  const list = useShownList()
  const zone = useZone()
  const [now, setNow] = useState(0)
  const passing = connection.state === 'cut' || connection.state === 'silent' || slow !== null
  useEffect(() => {
    if (!passing) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [passing])
  const message = connectionMessage(connection, slow, now)
  const loadedAt = list?.loadedAt
  return (
    <div className={classes.banner} data-tone={message?.tone}>
      <p>
        <span role="status">{message?.text}</span>
        {/* Screen readers do not announce the passing seconds. */}
        <span aria-hidden="true">{message?.passing}</span>
        {message?.tone === 'bad' && loadedAt != null && (
          <span> The rows below are from {clockTime(loadedAt, now, zone)}.</span>
        )}
      </p>
      {message?.retry && (
        <Button size="compact-xs" variant="default" flex="none" onClick={() => socket?.retry()}>
          {message.retry}
        </Button>
      )}
    </div>
  )
}

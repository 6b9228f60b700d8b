'use client'

import { Box, Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { sayingOf } from '@/lib/live/connection-messages.ts'
import { useConnection, useLiveSocket } from '@/lib/live/use-connection.tsx'
import classes from './LiveBanner.module.css'

/** Says that the connection is cut, and what came meanwhile once it is back. Takes no room while all is well. */
export function LiveBanner() {
  const socket = useLiveSocket()
  const connection = useConnection()
  const [now, setNow] = useState(0)
  const passing = connection.state === 'cut'
  useEffect(() => {
    if (!passing) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [passing])
  const saying = sayingOf(connection, now)
  return (
    <Box
      className={classes.banner}
      data-shown={saying !== null || undefined}
      __vars={{ '--tone': saying ? `var(--mantine-color-${saying.tone}-6)` : undefined }}
    >
      <p className={classes.text}>
        <span role="status">{saying?.text}</span>
        {/* Seconds that pass are not read out. */}
        <span aria-hidden="true">{saying?.passing}</span>
      </p>
      {saying?.retry && (
        <Button size="compact-xs" variant="default" flex="none" onClick={() => socket?.retry()}>
          {saying.retry}
        </Button>
      )}
    </Box>
  )
}

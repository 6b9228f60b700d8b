'use client'

import { ActionIcon } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useShownList } from '@/lib/live/list-state.tsx'
import { liveMark } from '@/lib/live/live-mark.ts'
import { useConnection } from '@/lib/live/use-connection.tsx'
import { slowSince } from '@/lib/slow-requests.ts'
import { useStore } from '@/lib/store.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { PauseIcon, PlayIcon, RefreshIcon } from '@/ui/icons.tsx'
import classes from './Frame.module.css'

const GLYPHS = { live: '●', held: '‖', off: '✕', none: '○' } as const

/** The freshness of the page, and the buttons to pause and reload it. */
export function LiveState() {
  const connection = useConnection()
  const slow = useStore(slowSince)
  const list = useShownList()
  const [now, setNow] = useState(() => Date.now())
  const mark = liveMark(connection, slow, list, now)
  const passing = mark.tone === 'off'
  useEffect(() => {
    if (!passing) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [passing])
  const { paused = false, setPaused = null } = list ?? {}
  useShortcuts([{ keys: 'p', label: 'Pause or resume live updates', group: 'Page', run: () => setPaused?.(!paused) }])
  return (
    <div className={classes.live}>
      <span className={classes.mark} data-tone={mark.tone} title={mark.title} data-testid="live-state">
        <span aria-hidden="true" className={classes.glyph}>
          {GLYPHS[mark.tone]}
        </span>
        {/* Screen readers announce changes of the state, but not the passing seconds. */}
        <span role="status" className={classes.said}>
          {mark.text.replace(/ for \d.*/, '')}
        </span>
        <span aria-hidden="true">{/ for \d.*/.exec(mark.text)?.[0]}</span>
      </span>
      {setPaused && (
        <ActionIcon
          variant={paused ? 'filled' : 'subtle'}
          color={paused ? undefined : 'gray'}
          size={28}
          title={paused ? 'Resume (p)' : 'Pause (p)'}
          aria-label={paused ? 'Resume live updates' : 'Pause live updates'}
          onClick={() => setPaused(!paused)}
        >
          {paused ? <PlayIcon size={15} /> : <PauseIcon size={15} />}
        </ActionIcon>
      )}
      {list && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={28}
          title="Load again"
          aria-label="Refresh"
          aria-busy={list.refreshing}
          onClick={list.refresh}
        >
          <RefreshIcon size={15} className={list.refreshing ? classes.turning : undefined} />
        </ActionIcon>
      )}
    </div>
  )
}

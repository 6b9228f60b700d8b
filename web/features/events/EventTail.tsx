'use client'

import { useApolloClient } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { type EventRowFragment, readFragment } from '@/lib/graphql.ts'
import { useListParams } from '@/lib/lists/use-list-params.ts'
import { follow } from '@/lib/live/follow.ts'
import { useReportList } from '@/lib/live/list-state.tsx'
import { useLiveSocket } from '@/lib/live/use-connection.tsx'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { Time } from '@/ui/values/Time.tsx'
import { EventFeed, EventRow } from './documents.ts'
import classes from './Events.module.css'
import { EVENT_KEYS, eventFilter } from './params.ts'
import { SeverityBadge } from './severity.tsx'

/** Maximum number of lines. */
const KEPT = 500
/** Lines are rendered in batches, so that a flood does not freeze the page. */
const DRAW_MS = 200
/** The tail follows new events while it is scrolled to within this distance of its bottom. */
const NEAR_PX = 40

/** A live tail with the newest event at the bottom. It has the same filters as the list. */
export function EventTail({ onLeave }: { onLeave: () => void }) {
  const client = useApolloClient()
  const socket = useLiveSocket()
  const { params } = useListParams(EVENT_KEYS)
  const tenantId = useTenantFilter()
  const filter = useMemo(
    () => ({ ...eventFilter(params, tenantId), window: null, since: null, until: null }),
    [params, tenantId],
  )
  const [lines, setLines] = useState<readonly EventRowFragment[]>([])
  const [paused, setPaused] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const waiting = useRef<EventRowFragment[]>([])
  const element = useRef<HTMLDivElement>(null)
  const follows = useRef(true)

  useEffect(() => {
    if (!socket) return
    setProblem(null)
    let after: string | null = null
    return follow({
      client,
      socket,
      subscription: EventFeed,
      variables: () => ({ filter, after }),
      onData({ events }) {
        after = events.cursor
        waiting.current.push(readFragment(EventRow, events.event))
        if (waiting.current.length > KEPT) waiting.current.shift()
      },
      onProblem(ended) {
        if (!isLasting(ended)) return true
        setProblem(ended)
        return false
      },
    })
  }, [client, socket, filter])
  useEffect(() => {
    if (paused) return
    const timer = setInterval(() => {
      const more = waiting.current
      if (more.length === 0) return
      waiting.current = []
      setLines((before) => [...before, ...more].slice(-KEPT))
    }, DRAW_MS)
    return () => clearInterval(timer)
  }, [paused])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tail scrolls when lines are added
  useEffect(() => {
    if (follows.current) element.current?.scrollTo(0, element.current.scrollHeight)
  }, [lines])
  useReportList({
    mode: 'live',
    paused,
    heldBy: null,
    waiting: 0,
    stopped: problem !== null,
    loadedAt: null,
    setPaused,
    refresh: () => setLines([]),
    refreshing: false,
  })
  return (
    <div className={classes.tail}>
      <div className={classes.lead} style={{ padding: '8px 16px' }}>
        <h1 style={{ margin: 0, fontSize: 16 }}>Live tail</h1>
        <span className={classes.none}>The newest event is at the bottom. The filters of the list apply.</span>
        <Button size="xs" variant="default" ml="auto" onClick={() => setLines([])}>
          Empty
        </Button>
        <Button size="xs" variant="default" onClick={onLeave}>
          Back to the list
        </Button>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <div
        ref={element}
        role="log"
        aria-label="Live events"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard
        tabIndex={0}
        className={classes.lines}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX
        }}
      >
        {lines.length === 0 && <p className={classes.none}>Waiting for events…</p>}
        {lines.map((line) => (
          <div key={line.id} data-line={line.id}>
            <Time at={line.receivedAt} show="clock" />
            <SeverityBadge severity={line.severity} />
            <a href={`/events?window=all&open=${line.id}`}>{line.type}</a>
            <span>{line.subject}</span>
            <span>{line.source}</span>
            <span>{line.tenantId ?? 'system'}</span>
          </div>
        ))}
      </div>
    </div>
  )
}

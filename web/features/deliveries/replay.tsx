'use client'

import { useMutation } from '@apollo/client/react'
import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { graphql } from '@/lib/graphql.ts'
import { problemOf } from '@/lib/request-error.ts'
import { shortId } from '@/ui/ShortId.tsx'
import { DeliveryLink } from './DeliveryLink.tsx'
import { ReplayWatch } from './ReplayWatch.tsx'
import type { ReplayEnd } from './replay-end.ts'

const Replay = graphql(`
  mutation ReplayDelivery($id: ID!, $force: Boolean!) {
    replayDelivery(id: $id, force: $force) {
      delivery {
        id
        ...WatchedDelivery
      }
      original {
        id
        ...DeliveryRow
      }
    }
  }
`)

interface Replays {
  /** Starts a replay and says so in a notification. Resolves to whether one was started. */
  replay: (id: string) => Promise<boolean>
  /** Whether a replay of this delivery that was started here has not come to an end yet. */
  isUnderWay: (id: string) => boolean
}

const ReplayContext = createContext<Replays | null>(null)

export function useReplays(): Replays {
  const replays = useContext(ReplayContext)
  if (!replays) throw new Error('useReplays outside of ReplayProvider')
  return replays
}

/** Replays deliveries and follows each replay until its end. `onChange`: lists and counts are out of date. */
export function ReplayProvider({ onChange, children }: { onChange: () => void; children: ReactNode }) {
  const [mutate] = useMutation(Replay)
  /** Original -> its replay; null while the API is asked for one. */
  const [underWay, setUnderWay] = useState<ReadonlyMap<string, string | null>>(new Map())
  const note = useCallback(
    (original: string, replay: string | null) => setUnderWay((before) => new Map(before).set(original, replay)),
    [],
  )
  const forget = useCallback(
    (original: string) => setUnderWay((before) => new Map([...before].filter(([id]) => id !== original))),
    [],
  )

  const start = useCallback(
    async (id: string, force: boolean): Promise<boolean> => {
      note(id, null)
      try {
        const { data } = await mutate({ variables: { id, force } })
        if (!data) throw new Error('The API answered without the new delivery.')
        const replayId = data.replayDelivery.delivery.id
        note(id, replayId)
        announce(replayId, id, null)
        onChange()
        return true
      } catch (error) {
        forget(id)
        const problem = problemOf(error)
        if (problem.code === 'CONFLICT' && !force) return await askToForce(problem.detail, () => start(id, true))
        notifications.show({
          color: 'red',
          title: `Not replayed: ${problem.title.toLowerCase()}`,
          message: problem.detail,
        })
        return false
      }
    },
    [mutate, note, forget, onChange],
  )

  const replays = useMemo<Replays>(
    () => ({ replay: (id) => start(id, false), isUnderWay: (id) => underWay.has(id) }),
    [start, underWay],
  )
  const finish = (original: string, replayId: string) => (end: ReplayEnd | null) => {
    forget(original)
    announce(replayId, original, end)
    onChange()
  }
  return (
    <ReplayContext value={replays}>
      {children}
      {[...underWay].map(([original, id]) => id && <ReplayWatch key={id} id={id} onEnd={finish(original, id)} />)}
    </ReplayContext>
  )
}

/** One notification for each replay: that it was started, then how it ended. Names both deliveries and opens either. */
function announce(replayId: string, originalId: string, end: ReplayEnd | null): void {
  const notification = {
    id: replayId,
    color: end?.color ?? 'blue',
    title: end?.title ?? 'Replay started',
    message: (
      <Text size="sm" c="var(--mantine-color-text)" span>
        <DeliveryLink id={replayId}>{shortId(replayId)}</DeliveryLink> replays{' '}
        <DeliveryLink id={originalId}>{shortId(originalId)}</DeliveryLink>.{end?.reason && <> {end.reason}</>}
      </Text>
    ),
    loading: end === null,
    autoClose: end ? 8_000 : (false as const),
    withCloseButton: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
  }
  // `show` leaves a notification that is there already as it is, `update` does nothing for one that was dismissed.
  if (end) notifications.update(notification)
  else notifications.show(notification)
}

/** The API says what its argument `force` would do; here that is a button. */
const inWords = (reason: string): string => reason.replace(/; force: true (.+)$/, '. Replaying anyway $1.')

/** Why the API would not replay it, and whether to do it all the same. */
const askToForce = (reason: string, force: () => Promise<boolean>): Promise<boolean> =>
  new Promise((settle) => {
    modals.openConfirmModal({
      title: 'Replay anyway?',
      children: <Text size="sm">{inWords(reason)}</Text>,
      labels: { confirm: 'Replay anyway', cancel: 'Leave it' },
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: () => settle(force()),
      onCancel: () => settle(false),
      onClose: () => settle(false),
    })
  })

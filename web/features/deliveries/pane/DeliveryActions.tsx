'use client'

import { Button } from '@mantine/core'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { ProbeWebhook, ResumeWebhook } from '@/features/webhooks/actions.ts'
import { probeResult } from '@/features/webhooks/probe-result.ts'
import { showToast } from '@/lib/actions/toasts.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { copyText } from '@/lib/clipboard.ts'
import { readFragment } from '@/lib/graphql.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import { DeliveryRow } from '../documents.ts'
import { isFinal, stateOf } from '../state.ts'
import { useReplay } from '../use-replay.tsx'
import { curlCommand, headersOf, standardBody } from './curl.ts'
import type { DetailedDelivery } from './DeliveryBody.tsx'
import { AttemptItem, CancelDelivery } from './details.ts'

/** Actions of a delivery, the most useful one first. */
export function DeliveryActions({ delivery }: { delivery: DetailedDelivery }) {
  const row = readFragment(DeliveryRow, delivery)
  const viewer = useViewer()
  const may = hasRole(viewer, 'OPERATOR')
  const primary = usePrimary(delivery)
  const cancel = useAction(CancelDelivery, {
    failed: 'Not cancelled',
    confirm: () => ({
      title: 'Cancel this delivery?',
      body: 'No further attempt is made. The delivery can still be replayed.',
      confirm: 'Cancel the delivery',
      cancel: 'Leave it',
      danger: true,
      ask: { label: 'Reason', placeholder: 'Stored in the audit trail', required: true },
    }),
    withText: (variables, reason) => ({ ...variables, reason }),
    done: () => 'Cancelled.',
    refetch: ['DeliveryList'],
  })
  const curl = async () => {
    const attempt = readFragment(AttemptItem, delivery.attempts).at(-1)
    const command = curlCommand({
      url: row.targetUrl,
      headers: attempt ? headersOf(attempt.requestHeaders) : { 'content-type': 'application/json' },
      body:
        delivery.webhook.kind === 'STANDARD' ? standardBody(delivery.event) : JSON.stringify(delivery.event.payload),
    })
    const done = await copyText(command)
    showToast(done ? { tone: 'good', title: 'Copied as curl.' } : { tone: 'bad', title: 'Could not copy.' })
  }
  const id = async () => {
    if (await copyText(delivery.id)) showToast({ tone: 'good', title: 'Copied the id.' })
  }
  useShortcuts([
    { keys: 'Shift+y', label: 'Copy as curl', group: 'Rows', run: () => void curl() },
    { keys: 'y', label: 'Copy the id', group: 'Rows', run: () => void id() },
  ])
  return (
    <>
      {may && primary && (
        <Button size="xs" onClick={primary.run} loading={primary.busy} title={primary.title}>
          {primary.label}
        </Button>
      )}
      {may && !isFinal(row.status) && (
        <Button
          size="xs"
          variant="default"
          onClick={() => void cancel.run({ id: delivery.id, reason: '' })}
          loading={cancel.busy}
        >
          Cancel…
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        onClick={() => void curl()}
        title="Copy as curl (Shift Y). Secrets are masked."
      >
        Copy as curl
      </Button>
    </>
  )
}

/** The most useful action for a delivery in this status; null if there is none. */
function usePrimary(delivery: DetailedDelivery) {
  const row = readFragment(DeliveryRow, delivery)
  const { webhook } = delivery
  const { replay, busy } = useReplay()
  const probe = useAction(ProbeWebhook, {
    failed: 'Not probed',
    done: ({ probeWebhook }) => probeResult(probeWebhook.attempt),
    refetch: ['DeliveryList', 'DeliveryDetails', 'CurrentDeliveries'],
  })
  const resume = useAction(ResumeWebhook, {
    failed: 'Not resumed',
    confirm: () => ({
      title: `Resume ${webhook.name}?`,
      body: 'All waiting deliveries of this webhook are sent, not only this one.',
      confirm: 'Resume the webhook',
    }),
    done: () => `${webhook.name} receives deliveries again.`,
    refetch: ['DeliveryList', 'DeliveryDetails', 'CurrentDeliveries'],
  })
  const again = () => void replay(delivery.id)
  switch (stateOf(row)) {
    case 'held':
      if (row.holdReason === 'CIRCUIT_OPEN')
        return {
          label: 'Probe now',
          title: 'Sends the next waiting delivery of this webhook now',
          run: () => void probe.run({ id: webhook.id }),
          busy: probe.busy,
        }
      if (row.holdReason === 'WEBHOOK_PAUSED' || row.holdReason === 'WEBHOOK_DISABLED')
        return { label: 'Resume webhook…', run: () => void resume.run({ id: webhook.id }), busy: resume.busy }
      return null
    case 'waiting':
      return null
    case 'retrying':
      return { label: 'Send now', title: 'Sends it again now instead of its next attempt (r)', run: again, busy }
    default:
      return { label: 'Replay', title: 'Sends the event again as a new delivery (r)', run: again, busy }
  }
}

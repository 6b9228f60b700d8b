'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { errorName } from '@/features/deliveries/state.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { duration } from '@/lib/format/time.ts'
import { type FragmentType, readFragment, type WebhookSettingsFragment } from '@/lib/graphql.ts'
import { Badge } from '@/ui/values/Badge.tsx'
import { JsonBlock, TextBlock } from '@/ui/values/TextBlock.tsx'
import { TestAttempt, TestWebhook } from './actions.ts'
import classes from './Webhooks.module.css'

/** Sends a signed webhook.test request now, and shows the response. */
export default function WebhookTest({ webhook }: { webhook: WebhookSettingsFragment }) {
  const [attempt, setAttempt] = useState<FragmentType<typeof TestAttempt> | null>(null)
  const test = useAction(TestWebhook, { failed: 'Not sent' })
  const send = async () => {
    const data = await test.run({ id: webhook.id })
    if (data) setAttempt(data.testWebhook.attempt)
  }
  return (
    <>
      <p className={classes.none}>
        Sends a signed request of the type webhook.test to {webhook.url}, whatever state the webhook is in. It is not
        counted in its health.
      </p>
      <JsonBlock
        title="Example payload"
        value={{
          id: 'evt_…',
          type: 'webhook.test',
          timestamp: '…',
          source: 'aetherlink',
          data: { webhook: webhook.id },
        }}
      />
      <div>
        <Button onClick={() => void send()} loading={test.busy}>
          Send a test
        </Button>
      </div>
      {attempt && <Answer attempt={attempt} />}
    </>
  )
}

function Answer({ attempt: masked }: { attempt: FragmentType<typeof TestAttempt> }) {
  const attempt = readFragment(TestAttempt, masked)
  const { errorKind, statusCode, durationMs, error, responseBody, responseHeaders, requestHeaders } = attempt
  return (
    <section aria-label="Answer" className={classes.section}>
      <h2 role="status">
        <Badge tone={errorKind ? 'dead' : 'arrived'} glyph={errorKind ? '✕' : '●'} plain={!errorKind}>
          {errorKind ? errorName(errorKind, statusCode) : `Answered ${statusCode}`}
        </Badge>{' '}
        in {duration(durationMs)}
      </h2>
      {error && <p className={classes.none}>{error}</p>}
      {responseBody ? (
        <TextBlock title="Response body" text={responseBody} />
      ) : (
        <p className={classes.none}>No body.</p>
      )}
      {responseHeaders != null && <JsonBlock title="Response headers" value={responseHeaders} />}
      <JsonBlock title="Request headers" value={requestHeaders} />
    </section>
  )
}

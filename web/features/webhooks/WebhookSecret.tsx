'use client'

import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import { useNow } from '@/lib/clock.ts'
import { span } from '@/lib/format/time.ts'
import type { WebhookSettingsFragment } from '@/lib/graphql.ts'
import { Time } from '@/ui/values/Time.tsx'
import { RotateSecret } from './documents.ts'
import { SecretOnce } from './SecretOnce.tsx'
import classes from './Webhooks.module.css'

const GRACES = [
  { value: '0', label: 'at once' },
  { value: '3600', label: 'for 1 hour' },
  { value: '86400', label: 'for 1 day' },
  { value: '604800', label: 'for 7 days' },
]

/**
 * Rotates the signing secret of a webhook. For a while, requests are also signed with the previous secret, so that the
 * receiver can change over.
 */
export default function WebhookSecret({ webhook }: { webhook: WebhookSettingsFragment }) {
  const now = useNow()
  const [grace, setGrace] = useState('86400')
  const [secret, setSecret] = useState<string | null>(null)
  const rotate = useAction(RotateSecret, {
    failed: 'Not rotated',
    confirm: ({ graceSeconds }) => ({
      title: 'Rotate the secret?',
      body:
        graceSeconds === 0
          ? 'The current secret stops signing immediately: a receiver that verifies signatures refuses deliveries until it has the new one.'
          : `The current secret continues to sign for ${span(graceSeconds * 1_000)}.`,
      confirm: 'Rotate the secret',
      danger: graceSeconds === 0,
    }),
    done: () => 'The secret is rotated.',
    refetch: ['WebhookDetails'],
  })
  const until = webhook.previousSecretValidUntil
  const left = until ? Date.parse(until) - now : 0
  return (
    <>
      {secret ? (
        <SecretOnce secret={secret} />
      ) : (
        <p className={classes.none}>
          The secret was shown when it was created. It cannot be shown again, only rotated.
        </p>
      )}
      {until && left > 0 && (
        <p data-testid="rotation">
          The secret before signs too for another {span(left)}, until <Time at={until} show="clock" />.
        </p>
      )}
      <NativeSelect
        label="The current secret continues to sign"
        data={GRACES}
        value={grace}
        onChange={(event) => setGrace(event.currentTarget.value)}
        maw={320}
      />
      <div>
        <Button
          variant="default"
          loading={rotate.busy}
          onClick={async () => {
            const data = await rotate.run({ id: webhook.id, graceSeconds: Number(grace) })
            if (data) setSecret(data.rotateWebhookSecret.secret)
          }}
        >
          Rotate the secret…
        </Button>
      </div>
    </>
  )
}

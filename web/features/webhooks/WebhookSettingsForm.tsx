'use client'

import { Alert, Button } from '@mantine/core'
import { useRouter } from 'next/navigation'
import { useMemo } from 'react'
import { confirm } from '@/lib/actions/confirm.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import type { WebhookSettingsFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { Diff } from '@/ui/values/Diff.tsx'
import { DeleteWebhook, UpdateWebhook } from './documents.ts'
import { check, losesSecret, updateInput, valuesOf, type WebhookValues } from './form-values.ts'
import { WebhookFields } from './WebhookFields.tsx'

/** The settings of a webhook. A diff is shown before they are saved. */
export default function WebhookSettingsForm({ webhook }: { webhook: WebhookSettingsFragment }) {
  const router = useRouter()
  const pathTo = useKeptPath()
  const initialValues = useMemo(() => valuesOf(webhook), [webhook])
  const update = useAction(UpdateWebhook, {
    failed: 'Not saved',
    quiet: true,
    done: () => 'Saved.',
    refetch: ['WebhookDetails'],
  })
  const remove = useAction(DeleteWebhook, {
    failed: 'Not deleted',
    confirm: () => ({
      title: `Delete ${webhook.name}?`,
      body: 'Its waiting deliveries are cancelled. Past deliveries stay.',
      confirm: 'Delete the webhook',
      danger: true,
    }),
    done: () => `${webhook.name} is deleted.`,
  })
  const server = useServerForm<WebhookValues>({ initialValues, validate: check }, async (values) => {
    const input = updateInput(initialValues, values)
    const fields = Object.keys(input)
    if (fields.length === 0) return
    const before = Object.fromEntries(fields.map((field) => [field, webhook[field as keyof typeof webhook]]))
    const { confirmed } = await confirm({
      title: 'Save these changes?',
      body: <Diff label="Changes" before={before} after={input} />,
      confirm: 'Save',
    })
    if (!confirmed) return
    await update.run({ id: webhook.id, input })
    server.form.resetDirty()
  })
  const loses = losesSecret(initialValues, server.form.values)
  return (
    <>
      <Form
        label="Settings"
        server={server}
        submit="Save…"
        disabled={loses || Object.keys(updateInput(initialValues, server.form.values)).length === 0}
      >
        <WebhookFields form={server.form} id={webhook.id} tenants={[]} />
        {loses && (
          <Alert color="yellow" variant="outline" title="A header would lose its secret">
            The API never shows secret values. To change the headers, type each value again in place of “[redacted]”.
          </Alert>
        )}
      </Form>
      <div>
        <Button
          variant="default"
          size="xs"
          onClick={async () => {
            if (await remove.run({ id: webhook.id })) router.push(pathTo('/webhooks'))
          }}
          loading={remove.busy}
        >
          Delete the webhook…
        </Button>
      </div>
    </>
  )
}

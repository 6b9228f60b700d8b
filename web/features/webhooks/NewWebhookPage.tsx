'use client'

import { Button } from '@mantine/core'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { makeProblem } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { CreateWebhook } from './documents.ts'
import { check, createInput, NEW_WEBHOOK, type WebhookValues } from './form-values.ts'
import { SecretOnce } from './SecretOnce.tsx'
import { WebhookFields } from './WebhookFields.tsx'
import classes from './Webhooks.module.css'

/** Creates a webhook and shows its secret. The secret can be shown only this once. */
export function NewWebhookPage() {
  const viewer = useViewer()
  const router = useRouter()
  const pathTo = useKeptPath()
  const tenantId = useTenantFilter()
  const [created, setCreated] = useState<{ id: string; name: string; secret: string } | null>(null)
  const create = useAction(CreateWebhook, { failed: 'Not created', quiet: true, refetch: ['WebhookStates'] })
  const server = useServerForm<WebhookValues>(
    { initialValues: { ...NEW_WEBHOOK, tenantId: tenantId ?? '' }, validate: check },
    async (values) => {
      const data = await create.run({ input: createInput(values) })
      if (data) setCreated({ ...data.createWebhook.webhook, secret: data.createWebhook.secret })
    },
  )
  if (!hasRole(viewer, 'OPERATOR'))
    return (
      <div className={classes.page}>
        <ProblemNotice problem={makeProblem('FORBIDDEN', 'Creating webhooks requires the role OPERATOR.')} />
      </div>
    )
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>{created ? `${created.name} is created` : 'New webhook'}</h1>
      </div>
      {created ? (
        <>
          <SecretOnce secret={created.secret} />
          <div>
            <Button onClick={() => router.push(pathTo(`/webhooks/${created.id}`, { tab: 'test' }))}>Send a test</Button>
          </div>
        </>
      ) : (
        <Form
          label="New webhook"
          server={server}
          submit="Create the webhook"
          onCancel={() => router.push(pathTo('/webhooks'))}
        >
          <WebhookFields form={server.form} id={null} tenants={viewer.tenantId === null ? viewer.tenants : []} />
        </Form>
      )}
    </div>
  )
}

'use client'

import { CopyButton } from '@/ui/values/CopyButton.tsx'
import classes from './Webhooks.module.css'

/** Shows a signing secret, which is never shown again. */
export function SecretOnce({ secret }: { secret: string }) {
  return (
    <div className={classes.secret} role="status">
      <div>
        <strong>Its signing secret is shown here only.</strong> Give it to the receiver, which checks signatures with
        it.
        <br />
        <code data-testid="secret">{secret}</code>
      </div>
      <CopyButton text={secret} what="the secret" />
    </div>
  )
}

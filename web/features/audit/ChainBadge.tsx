'use client'

import { useApolloClient } from '@apollo/client/react'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { showToast } from '@/lib/actions/toasts.ts'
import { problemOf } from '@/lib/request-error.ts'
import { Badge } from '@/ui/values/Badge.tsx'
import classes from './Audit.module.css'
import { VerifyChain } from './documents.ts'

const number = new Intl.NumberFormat('en')

/** Verifies the hash chain of the audit entries, and shows whether an entry was changed or is missing. */
export function ChainBadge({ tenantId }: { tenantId: string | null }) {
  const client = useApolloClient()
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<{ ok: boolean; checked: number; firstBroken?: string | null } | null>(null)
  const verify = async () => {
    setBusy(true)
    try {
      const { data } = await client.query({ query: VerifyChain, variables: { tenantId }, fetchPolicy: 'no-cache' })
      setResult(data?.verifyAuditChain ?? null)
    } catch (error) {
      const { title, detail } = problemOf(error)
      showToast({ tone: 'bad', title: `Not verified: ${title.toLowerCase()}.`, detail })
    } finally {
      setBusy(false)
    }
  }
  return (
    <span className={classes.chain}>
      <span role="status">
        {result &&
          (result.ok ? (
            <Badge tone="arrived" glyph="●">
              {number.format(result.checked)} entries, none changed
            </Badge>
          ) : (
            <Badge tone="dead" glyph="✕" title={result.firstBroken ?? undefined}>
              Broken at {result.firstBroken ?? 'the newest entry'}
            </Badge>
          ))}
      </span>
      <Button size="xs" variant="default" onClick={() => void verify()} loading={busy}>
        Verify the chain
      </Button>
    </span>
  )
}

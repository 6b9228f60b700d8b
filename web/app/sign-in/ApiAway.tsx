'use client'

import { useRouter } from 'next/navigation'
import { useTransition } from 'react'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'

/** Takes the place of the form while there is nothing to sign in to. */
export function ApiAway() {
  const router = useRouter()
  const [retrying, startTransition] = useTransition()
  return (
    <ProblemNotice
      problem={{
        code: 'UNAVAILABLE',
        title: 'The API does not answer',
        detail: 'Signing in needs it. It may be starting.',
        requestId: null,
      }}
      onRetry={() => startTransition(() => router.refresh())}
      retrying={retrying}
    />
  )
}

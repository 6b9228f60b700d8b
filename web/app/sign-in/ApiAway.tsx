'use client'

import { useRouter } from 'next/navigation'
import { useTransition } from 'react'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'

const PROBLEM = {
  code: 'UNAVAILABLE',
  title: 'The API does not answer',
  detail: 'Signing in needs it. It may be starting; this page looks again every few seconds.',
  requestId: null,
}

/** Takes the place of the form while there is nothing to sign in to. */
export function ApiAway() {
  const router = useRouter()
  const [retrying, startTransition] = useTransition()
  const retry = () => startTransition(() => router.refresh())
  useAutoRetry(!retrying, retry)
  return <ProblemNotice problem={PROBLEM} onRetry={retry} retrying={retrying} />
}

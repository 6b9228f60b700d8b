'use client'

import { useRouter } from 'next/navigation'
import { useTransition } from 'react'
import { makeProblem } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'

const PROBLEM = makeProblem('UNAVAILABLE', 'It may be starting. Signing in requires it.')

/** Shown instead of the form while the API is unavailable. */
export function ApiAway() {
  const router = useRouter()
  const [retrying, startTransition] = useTransition()
  const retry = () => startTransition(() => router.refresh())
  useAutoRetry(!retrying, retry)
  return <ProblemNotice problem={PROBLEM} onRetry={retry} retrying={retrying} />
}

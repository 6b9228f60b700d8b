'use client'

import { useEffect } from 'react'
import { makeProblem } from '@/lib/request-error.ts'
import { ProblemNotice } from './Problem.tsx'

/** Props that Next.js passes to an error boundary. */
export interface PageFailure {
  error: Error & { digest?: string }
  reset: () => void
}

/** Shown instead of a page that failed to render. */
export function PageFailed({ error, reset }: PageFailure) {
  useEffect(() => {
    console.error(error)
  }, [error])
  const problem = makeProblem('INTERNAL', `${error.message || 'It failed to render.'} The browser console has more.`, {
    title: 'This page failed',
    requestId: error.digest ?? null,
  })
  return <ProblemNotice problem={problem} onRetry={reset} />
}

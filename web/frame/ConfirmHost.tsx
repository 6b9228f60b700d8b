'use client'

import { lazy, Suspense } from 'react'
import { pendingQuestion } from '@/lib/actions/confirm.ts'
import { useStore } from '@/lib/store.ts'

const QuestionDialog = lazy(() => import('./QuestionDialog.tsx'))

/** Shows the question that `confirm` asks. */
export function ConfirmHost() {
  const question = useStore(pendingQuestion)
  return (
    question && (
      <Suspense>
        <QuestionDialog key={question.title} question={question} />
      </Suspense>
    )
  )
}

import type { ReactNode } from 'react'
import { createStore } from '../store.ts'

export interface Question {
  title: string
  body?: ReactNode
  /** Label of the confirm button, named after the action: "Replay anyway". */
  confirm: string
  cancel?: string
  /** Whether the action cannot be undone. */
  danger?: boolean
  /** Also asks for a text, such as a reason. */
  ask?: { label: string; placeholder?: string; required?: boolean; maxLength?: number }
}

export type Answer = { confirmed: false } | { confirmed: true; text: string }

export type PendingQuestion = Question & { settle: (answer: Answer) => void }

export const pendingQuestion = createStore<PendingQuestion | null>(null)

/** Asks for confirmation. A new question declines the question that is still open. */
export function confirm(question: Question): Promise<Answer> {
  pendingQuestion.get()?.settle({ confirmed: false })
  return new Promise((resolve) => {
    pendingQuestion.set({
      ...question,
      settle(answer) {
        pendingQuestion.set(null)
        resolve(answer)
      },
    })
  })
}

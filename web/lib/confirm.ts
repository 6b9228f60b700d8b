import type { ReactNode } from 'react'
import { createStore } from './store.ts'

export interface Question {
  title: string
  body?: ReactNode
  /** What the button that goes on is called, in the words of what it does: "Replay anyway". */
  confirm: string
  cancel?: string
  /** It cannot be undone. */
  danger?: boolean
  /** Asks for a text too, such as a reason. */
  ask?: { label: string; placeholder?: string; required?: boolean; maxLength?: number }
}

export type Answer = { confirmed: false } | { confirmed: true; text: string }

export type PendingQuestion = Question & { settle: (answer: Answer) => void }

export const pendingQuestion = createStore<PendingQuestion | null>(null)

/** Asks before something is done. One question at a time: the one before counts as declined. */
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

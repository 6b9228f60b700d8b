'use client'

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useCallback, useRef, useState } from 'react'
import { type Problem, problemOf } from '../request-error.ts'
import { confirm, type Question } from './confirm.ts'
import { showToast, type Toast } from './toasts.ts'

type Said = Omit<Toast, 'id' | 'tone'> & { id?: string; tone?: Toast['tone'] }

interface ActionOptions<Data, Variables> {
  /** Title of the error: "Not replayed". */
  failed: string
  /** Confirmation question; null for none. */
  confirm?: (variables: Variables) => Question | null
  /** Adds the requested text to the variables. */
  withText?: (variables: Variables, text: string) => Variables
  /** Success message. */
  done?: (data: Data, variables: Variables) => Said | string | null
  /**
   * Turns the API's conflict message into a question; if confirmed, the action runs with these variables. Null:
   * handled like other errors.
   */
  conflict?: (problem: Problem, variables: Variables) => { question: Question; variables: Variables } | null
  /** Names of the queries to reload. */
  refetch?: readonly string[]
  /** Errors are thrown to the caller, which shows them at their field, instead of in a toast. */
  quiet?: boolean
}

export interface Action<Data, Variables> {
  /** Resolves to the result; null if declined or failed. Throws the Problem if the action is quiet. */
  run: (variables: Variables) => Promise<Data | null>
  busy: boolean
}

/** A mutation with confirmation, execution and message; a conflict becomes a question; affected lists reload. */
export function useAction<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  options: ActionOptions<Data, Variables>,
): Action<Data, Variables> {
  const client = useApolloClient()
  const [running, setRunning] = useState(0)
  const current = useRef(options)
  current.current = options

  const run = useCallback(
    async (asked: Variables): Promise<Data | null> => {
      const { failed, confirm: questionOf, withText, done, conflict, refetch = [], quiet } = current.current
      const perform = async (variables: Variables): Promise<Data> => {
        setRunning((count) => count + 1)
        try {
          const { data } = await client.mutate<Data, OperationVariables>({ mutation: document, variables })
          if (!data) throw new Error('The API answered without a result.')
          const said = done?.(data as Data, variables)
          if (said) showToast({ tone: 'good', ...(typeof said === 'string' ? { title: said } : said) })
          await reload(client, refetch)
          return data as Data
        } finally {
          setRunning((count) => count - 1)
        }
      }
      const report = (problem: Problem): null => {
        if (quiet) throw problem
        showToast({ tone: 'bad', title: `${failed}: ${problem.title.toLowerCase()}.`, detail: problem.detail })
        return null
      }
      let variables = asked
      const question = questionOf?.(asked)
      if (question) {
        const answer = await confirm(question)
        if (!answer.confirmed) return null
        variables = withText?.(asked, answer.text) ?? asked
      }
      try {
        return await perform(variables)
      } catch (error) {
        const problem = problemOf(error)
        const next = problem.code === 'CONFLICT' ? conflict?.(problem, variables) : null
        if (!next) return report(problem)
        if (!(await confirm(next.question)).confirmed) return null
        return await perform(next.variables).catch((again: unknown) => report(problemOf(again)))
      }
    },
    [client, document],
  )
  return { run, busy: running > 0 }
}

/** Reloads those of the named queries that are shown. The page with the query shows a failure. */
async function reload(client: ReturnType<typeof useApolloClient>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const shown = new Set([...client.getObservableQueries().values()].map(({ queryName }) => queryName))
  const include = names.filter((name) => shown.has(name))
  if (include.length > 0) await client.refetchQueries({ include }).catch(() => undefined)
}

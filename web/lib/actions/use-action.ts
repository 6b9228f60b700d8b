'use client'

import type { OperationVariables, TypedDocumentNode } from '@apollo/client'
import { useApolloClient } from '@apollo/client/react'
import { useCallback, useRef, useState } from 'react'
import { type Problem, problemOf } from '../request-error.ts'
import { confirm, type Question } from './confirm.ts'
import { showToast, type Toast } from './toasts.ts'

type Said = Omit<Toast, 'id' | 'tone'> & { id?: string; tone?: Toast['tone'] }

interface ActionOptions<Data, Variables> {
  /** Title of the error toast: "Not replayed". */
  failed: string
  /** The question to confirm before the action runs; null for none. */
  confirm?: (variables: Variables) => Question | null
  /** Adds the text that the user entered in the confirmation to the variables. */
  withText?: (variables: Variables, text: string) => Variables
  /** Success message. */
  done?: (data: Data, variables: Variables) => Said | string | null
  /**
   * Turns the API's conflict error into a question. If the user confirms, the action runs again with the returned
   * variables. Null: the conflict is handled like other errors.
   */
  conflict?: (problem: Problem, variables: Variables) => { question: Question; variables: Variables } | null
  /** Names of the queries to reload after the action. */
  refetch?: readonly string[]
  /** Errors are thrown to the caller, which shows them at their form fields, instead of in a toast. */
  quiet?: boolean
}

export interface Action<Data, Variables> {
  /**
   * Resolves to the result; null if the user declined or the action failed. Throws the Problem if the action is
   * `quiet`.
   */
  run: (variables: Variables) => Promise<Data | null>
  busy: boolean
}

/**
 * Runs a mutation: asks for confirmation, shows the outcome in a toast, turns a conflict into a question and reloads
 * the affected queries.
 */
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

/**
 * Reloads those of the named queries that the page shows. If a reload fails, the component with the query shows the
 * error.
 */
async function reload(client: ReturnType<typeof useApolloClient>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const shown = new Set([...client.getObservableQueries().values()].map(({ queryName }) => queryName))
  const include = names.filter((name) => shown.has(name))
  if (include.length > 0) await client.refetchQueries({ include }).catch(() => undefined)
}

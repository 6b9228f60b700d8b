'use client'

import { Button, Stack } from '@mantine/core'
import { type UseFormInput, type UseFormReturnType, useForm } from '@mantine/form'
import { type ReactNode, useState } from 'react'
import type { Problem } from '@/lib/request-error.ts'
import { ProblemNotice } from '../Problem.tsx'
import classes from './Form.module.css'

/** Splits an API error into the errors of the form's fields and one problem with all others. */
export function fieldErrors(problem: Problem, fields: readonly string[]) {
  const errors: Record<string, string> = {}
  for (const { path, message } of problem.issues) {
    const field = path.find((part) => fields.includes(part))
    if (field) errors[field] ??= message
  }
  return { errors, rest: Object.keys(errors).length > 0 ? null : problem }
}

interface ServerForm<Values extends Record<string, unknown>> {
  form: UseFormReturnType<Values>
  /** A problem that belongs to no field. */
  problem: Problem | null
  busy: boolean
  onSubmit: (event?: React.FormEvent<HTMLFormElement>) => void
}

/**
 * A form based on @mantine/form that shows the API's errors at their fields. `save` throws the API's Problem (use
 * useAction with `quiet`). The first field with an error gets the focus.
 */
export function useServerForm<Values extends Record<string, unknown>>(
  input: UseFormInput<Values>,
  save: (values: Values) => Promise<unknown>,
): ServerForm<Values> {
  const form = useForm<Values>(input)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const show = (errors: Record<string, ReactNode>) => {
    form.setErrors(errors)
    const [first] = Object.keys(errors)
    if (first) form.getInputNode(first)?.focus()
  }
  const onSubmit = form.onSubmit(
    async (values) => {
      setProblem(null)
      setBusy(true)
      try {
        await save(values)
      } catch (error) {
        if (!isProblem(error)) throw error
        const { errors, rest } = fieldErrors(error, Object.keys(values))
        setProblem(rest)
        show(errors)
      } finally {
        setBusy(false)
      }
    },
    (errors) => show(errors),
  )
  return { form, problem, busy, onSubmit }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'issues' in value

interface FormProps {
  /** Accessible name. */
  label: string
  server: Pick<ServerForm<Record<string, unknown>>, 'problem' | 'busy'> & { onSubmit: ServerForm<never>['onSubmit'] }
  submit: string
  onCancel?: () => void
  disabled?: boolean
  children: ReactNode
}

/** A form with its fields, the API errors that belong to no field, and its buttons. */
export function Form({ label, server, submit, onCancel, disabled, children }: FormProps) {
  return (
    <form onSubmit={server.onSubmit} noValidate aria-label={label} className={classes.form}>
      <Stack gap="sm">
        {children}
        {server.problem && <ProblemNotice problem={server.problem} />}
        <div className={classes.buttons}>
          <Button type="submit" loading={server.busy} disabled={disabled}>
            {submit}
          </Button>
          {onCancel && (
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          )}
        </div>
      </Stack>
    </form>
  )
}

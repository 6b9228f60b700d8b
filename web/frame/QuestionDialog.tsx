'use client'

import { Button, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useId, useState } from 'react'
import type { PendingQuestion } from '@/lib/actions/confirm.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'

export default function QuestionDialog({ question }: { question: PendingQuestion }) {
  const { title, body, confirm, cancel = 'Cancel', danger, ask, settle } = question
  const [text, setText] = useState('')
  const form = useId()
  const decline = () => settle({ confirmed: false })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    settle({ confirmed: true, text: text.trim() })
  }
  return (
    <Dialog
      title={title}
      onClose={decline}
      footer={
        <>
          <Button variant="default" onClick={decline}>
            {cancel}
          </Button>
          <Button
            type="submit"
            form={form}
            color={danger ? 'red.8' : undefined}
            disabled={ask?.required && text.trim() === ''}
            data-autofocus={ask ? undefined : true}
          >
            {confirm}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit}>
        <Stack gap="sm">
          {typeof body === 'string' ? <Text size="sm">{body}</Text> : body}
          {ask && (
            <TextInput
              label={ask.label}
              placeholder={ask.placeholder}
              required={ask.required}
              maxLength={ask.maxLength ?? 500}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Stack>
      </form>
    </Dialog>
  )
}

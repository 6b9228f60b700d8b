'use client'

import { Button } from '@mantine/core'
import { useState } from 'react'
import { showToast } from '@/lib/actions/toasts.ts'
import { signOut } from './sign-out.ts'

export function SignOutButton() {
  const [leaving, setLeaving] = useState(false)
  const leave = async () => {
    setLeaving(true)
    if (await signOut()) return
    setLeaving(false)
    showToast({ tone: 'bad', title: 'You are still signed in', detail: 'The server did not answer. Try again.' })
  }
  return (
    <Button size="xs" variant="default" onClick={leave} loading={leaving}>
      Sign out
    </Button>
  )
}

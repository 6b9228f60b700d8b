'use client'

import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { signOut } from '@/lib/sign-out.ts'

export function SignOutButton() {
  const [leaving, setLeaving] = useState(false)
  const leave = async () => {
    setLeaving(true)
    if (await signOut()) return
    setLeaving(false)
    notifications.show({
      color: 'red',
      title: 'You are still signed in',
      message: 'The server did not answer. Try again.',
    })
  }
  return (
    <Button size="xs" variant="default" onClick={leave} loading={leaving}>
      Sign out
    </Button>
  )
}

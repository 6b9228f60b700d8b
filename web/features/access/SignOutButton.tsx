'use client'

import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'

/** Ends the session and leaves for the sign-in page by a full load, so that nothing of it stays in memory. */
export function SignOutButton() {
  const [leaving, setLeaving] = useState(false)
  const signOut = async () => {
    setLeaving(true)
    const done = await fetch('/session', { method: 'DELETE' }).then(
      (response) => response.ok,
      () => false,
    )
    if (done) return window.location.assign('/sign-in')
    setLeaving(false)
    notifications.show({
      color: 'red',
      title: 'You are still signed in',
      message: 'The server did not answer. Try again.',
    })
  }
  return (
    <Button size="xs" variant="default" onClick={signOut} loading={leaving}>
      Sign out
    </Button>
  )
}

'use client'

import { Center, Container } from '@mantine/core'
import { useEffect } from 'react'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'

/** What is shown in place of a page that failed to render. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  useEffect(() => {
    console.error(error)
  }, [error])
  return (
    <Center component="main" mih="60dvh" p="md">
      <Container size="sm" w="100%">
        <ProblemNotice
          problem={{
            code: 'INTERNAL',
            title: 'This page failed',
            detail: 'Its error is in the browser console.',
            requestId: error.digest ?? null,
          }}
          onRetry={reset}
        />
      </Container>
    </Center>
  )
}

import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import type { Problem } from '@/lib/problem.ts'
import { UnpluggedIcon } from './icons.tsx'

/** Says what went wrong and offers to try again, in the place of what could not be shown or above what is still there. */
export function ProblemNotice({
  problem,
  onRetry,
  retrying = false,
}: {
  problem: Problem
  onRetry?: () => void
  retrying?: boolean
}) {
  return (
    <Alert color="red" variant="light" icon={<UnpluggedIcon size={20} />} title={problem.title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{problem.detail}</Text>
        <Group gap="sm">
          {onRetry && (
            <Button size="xs" variant="default" onClick={onRetry} loading={retrying}>
              Try again
            </Button>
          )}
          <Text size="xs" c="dimmed">
            <Code>{problem.code}</Code>
            {problem.requestId && (
              <>
                {' '}
                request <Code>{problem.requestId}</Code>
              </>
            )}
          </Text>
        </Group>
      </Stack>
    </Alert>
  )
}

import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { UnpluggedIcon } from './icons.tsx'
import classes from './ProblemNotice.module.css'

interface ProblemNoticeProps {
  problem: Problem
  onRetry?: () => void
  retrying?: boolean
}

/** Says what went wrong, in the place of what could not be shown or above what is still there; offers to try again where that may help. */
export function ProblemNotice({ problem, onRetry, retrying = false }: ProblemNoticeProps) {
  return (
    <Alert
      color="red"
      variant="default"
      className={classes.notice}
      icon={<UnpluggedIcon size={20} />}
      title={problem.title}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{problem.detail}</Text>
        <Group gap="sm">
          {onRetry && !isLasting(problem) && (
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

import { Button } from '@mantine/core'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { LockIcon, UnpluggedIcon } from './icons.tsx'
import classes from './Problem.module.css'

interface ProblemNoticeProps {
  problem: Problem
  onRetry?: () => void
  retrying?: boolean
}

/** Advice by error code. */
const ADVICE: Record<string, string> = {
  FORBIDDEN: 'Ask an administrator for the role, or sign in with an account that has it.',
  UNAVAILABLE: 'The page retries every few seconds.',
  RATE_LIMITED: 'Wait a moment before you try again.',
  CURSOR_EXPIRED: 'Reload the list from its start.',
  QUERY_TOO_COMPLEX: 'Choose a shorter time window or fewer filters.',
}

/** Shows an error and advice, in place of missing content or above outdated content. */
export function ProblemNotice({ problem, onRetry, retrying = false }: ProblemNoticeProps) {
  const Icon = problem.code === 'FORBIDDEN' ? LockIcon : UnpluggedIcon
  return (
    <div role="alert" className={classes.notice}>
      <Icon size={20} />
      <div className={classes.text}>
        <strong>{problem.title}</strong>
        <p>{problem.detail}</p>
        {ADVICE[problem.code] && <p>{ADVICE[problem.code]}</p>}
        <p className={classes.code}>
          <code>{problem.code}</code>
          {problem.requestId && (
            <>
              {' '}
              request <code>{problem.requestId}</code>
            </>
          )}
        </p>
      </div>
      {onRetry && !isLasting(problem) && (
        <Button size="xs" variant="default" onClick={onRetry} loading={retrying}>
          Try again
        </Button>
      )}
    </div>
  )
}

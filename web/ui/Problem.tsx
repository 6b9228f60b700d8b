import { Button } from '@mantine/core'
import { isLasting, type Problem } from '@/lib/request-error.ts'
import { LockIcon, UnpluggedIcon } from './icons.tsx'
import classes from './Problem.module.css'

interface ProblemNoticeProps {
  problem: Problem
  onRetry?: () => void
  retrying?: boolean
}

/** What the reader can do about a problem, by its code. */
const ADVICE: Record<string, string> = {
  FORBIDDEN: 'Ask an administrator for the role, or sign in as somebody who has it.',
  UNAVAILABLE: 'The page tries again by itself every few seconds.',
  RATE_LIMITED: 'Wait a moment before you try again.',
  CURSOR_EXPIRED: 'Load the list again from its beginning.',
  QUERY_TOO_COMPLEX: 'Choose a shorter time window or fewer filters.',
}

/** Says what went wrong and what to do: in place of something that could not be shown, or above what is still there. */
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

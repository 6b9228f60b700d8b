import { duration } from '@/lib/format/time.ts'
import { type FragmentType, readFragment } from '@/lib/graphql.ts'
import classes from './Ai.module.css'
import { AttemptRow } from './documents.ts'

interface AttemptsProps {
  usedProvider: string
  attempts: readonly FragmentType<typeof AttemptRow>[]
}

/** The provider that answered, and the reasons why the earlier ones did not. */
export function Attempts({ usedProvider, attempts }: AttemptsProps) {
  const failed = readFragment(AttemptRow, attempts).filter(({ ok }) => !ok)
  return (
    <div className={classes.attempts} role="status">
      <p>
        Answered by <strong>{usedProvider}</strong>.
      </p>
      {failed.length > 0 && (
        <ul aria-label="Providers that did not answer">
          {failed.map(({ provider, skipped, error, latencyMs }) => (
            <li key={provider}>
              <strong>{provider}</strong> {skipped ? 'skipped' : `failed after ${duration(latencyMs)}`}
              {error && `: ${error}`}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

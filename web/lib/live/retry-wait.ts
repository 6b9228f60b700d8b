import { retryDelay } from './connection.ts'

export interface RetryWait {
  /** When the next attempt is due, in milliseconds since 1970; null if no attempt waits. */
  readonly until: number | null
  /** Resolves when attempt `attempt` is due. */
  wait(attempt: number): Promise<void>
  /** Ends the wait now. */
  end(): void
}

/** The wait between two connection attempts, which can be ended early. `onWait` gets the time of the next attempt. */
export function createRetryWait(onWait: (until: number) => void): RetryWait {
  let until: number | null = null
  let end: (() => void) | undefined
  return {
    get until() {
      return until
    },
    wait: (attempt) =>
      new Promise((resolve) => {
        const ms = retryDelay(attempt, Math.random())
        const timer = setTimeout(() => end?.(), ms)
        end = () => {
          clearTimeout(timer)
          end = undefined
          until = null
          resolve()
        }
        until = Date.now() + ms
        onWait(until)
      }),
    end: () => end?.(),
  }
}

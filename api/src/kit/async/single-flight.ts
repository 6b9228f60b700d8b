/** Runs of one function, at most one at a time. Calls during a run share it. */
export interface SingleFlight<Result> {
  /** Starts a run, or joins the one in progress. */
  run(): Promise<Result>
  /** The run in progress; undefined if there is none. */
  readonly current: Promise<Result> | undefined
}

/** `work` is one run. */
export function createSingleFlight<Result>(work: () => Promise<Result>): SingleFlight<Result> {
  let current: Promise<Result> | undefined
  return {
    run() {
      current ??= work().finally(() => {
        current = undefined
      })
      return current
    },
    get current() {
      return current
    },
  }
}

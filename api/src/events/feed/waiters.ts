/** Promises that wait for the same event and are resolved together. */
export class Waiters {
  private waiting = new Set<() => void>()

  get count(): number {
    return this.waiting.size
  }

  /** Resolves at the next `wake`, or when `signal` is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.waiting.add(done)
      signal.addEventListener('abort', done)
    })
  }

  wake(): void {
    const woken = this.waiting
    this.waiting = new Set()
    for (const go of woken) go()
  }
}

const PAUSE_MS = 3_000

/** Retries an operation until it succeeds. The returned function stops the retries. */
export function persist(work: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let off = false
  const attempt = () => {
    work().catch(() => {
      if (!off) timer = setTimeout(attempt, PAUSE_MS)
    })
  }
  attempt()
  return () => {
    off = true
    clearTimeout(timer)
  }
}

const PAUSE_MS = 3_000

/** Does something that may fail for now, until it is done. Returns what calls it off. */
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

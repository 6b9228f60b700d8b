const LOOK_MS = 100
/** If a check comes later than this, it was delayed because the process was suspended or its event loop was blocked. */
const LATE_MS = 200

let lostMs = 0
let lookedAt = performance.now()

setInterval(() => {
  const now = performance.now()
  const gap = now - lookedAt
  if (gap > LOOK_MS + LATE_MS) lostMs += gap - LOOK_MS
  lookedAt = now
}, LOOK_MS).unref()

/** Total time since the start, in milliseconds, in which this process was stalled and could not read a response. */
export const stalledMs = (): number => lostMs

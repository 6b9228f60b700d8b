const LOOK_MS = 100
/** A look that comes later than this was held up: the process was stopped, or its event loop was blocked. */
const LATE_MS = 200

let lostMs = 0
let lookedAt = performance.now()

setInterval(() => {
  const now = performance.now()
  const gap = now - lookedAt
  if (gap > LOOK_MS + LATE_MS) lostMs += gap - LOOK_MS
  lookedAt = now
}, LOOK_MS).unref()

/** Milliseconds since the start in which this process stood still: time in which it could not have read an answer. */
export const stalledMs = (): number => lostMs

/** The ways in which a path of the demo receiver can answer. */
export const MODES = ['ok', 'flaky', 'down', 'slow', 'hang', 'reset', 'gone', 'limited'] as const
export type Mode = (typeof MODES)[number]

/** The descriptions of the modes on the receiver's page. */
export const MEANINGS: Readonly<Record<Mode, string>> = {
  ok: '200 at once',
  flaky: '503 to every third request, else 200',
  down: '503 to every request',
  slow: '200 after two seconds',
  hang: 'no answer, ever',
  reset: 'the connection is cut without an answer',
  gone: '410: the sender is to stop for good',
  limited: '429 with Retry-After: 10',
}

/** How a request is answered: with a response after a delay, or without a response. */
export type Reaction =
  | { kind: 'answer'; status: number; text: string; headers: Readonly<Record<string, string>>; delayMs: number }
  | { kind: 'hang' }
  | { kind: 'reset' }

/** Paths that exist from the start. Any other path accepts webhooks too, in mode `ok`. */
export const INITIAL: Readonly<Record<string, Mode>> = {
  '/healthy': 'ok',
  '/flaky': 'flaky',
  '/down': 'down',
  '/slow': 'slow',
  '/gone': 'gone',
  '/slack': 'ok',
  '/teams': 'ok',
  '/discord': 'ok',
}

export const FLAKY_EVERY = 3
export const SLOW_MS = 2_000

/**
 * The reaction to the `count`-th request (from 1) to a path in this mode. The same count always gives the same
 * reaction.
 */
export function react(mode: Mode, count: number): Reaction {
  switch (mode) {
    case 'ok':
      return answer(200, 'ok')
    case 'flaky':
      return count % FLAKY_EVERY === 0
        ? answer(503, 'flaky: every third request fails; try again')
        : answer(200, 'ok, this time')
    case 'down':
      return answer(503, 'down: this path refuses everything until its behaviour is changed')
    case 'slow':
      return { ...answer(200, 'ok, after a while'), delayMs: SLOW_MS }
    case 'gone':
      return answer(410, 'gone: send nothing more')
    case 'limited':
      return answer(429, 'limited: come again in ten seconds', { 'retry-after': '10' })
    case 'hang':
      return { kind: 'hang' }
    case 'reset':
      return { kind: 'reset' }
  }
}

function answer(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
  return { kind: 'answer' as const, status, text, headers, delayMs: 0 }
}

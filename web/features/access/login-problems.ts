import { signInPath } from '@/lib/next-path.ts'

/** Why a sign-in through the identity provider came to nothing. The sign-in page is told by the name alone. */
export const LOGIN_PROBLEMS = {
  away: 'The identity provider does not answer. Try again in a moment.',
  refused: 'The identity provider did not sign you in.',
  stale: 'This sign-in took too long, or was begun in another browser. Try again.',
  unknown: 'The API does not accept the tokens of this identity provider. Whoever runs it finds the reason in the log.',
  powerless: 'Your account may do nothing here. Ask for a role, or sign in with another account.',
} as const

export type LoginProblem = keyof typeof LOGIN_PROBLEMS

/** The problem that a parameter names, which anybody may have written. */
export const loginProblem = (value: unknown): LoginProblem | null =>
  typeof value === 'string' && Object.hasOwn(LOGIN_PROBLEMS, value) ? (value as LoginProblem) : null

/** The sign-in page that says so and leads on to `next`. */
export function problemPath(problem: LoginProblem, next: string): string {
  const path = signInPath(next)
  return `${path}${path.includes('?') ? '&' : '?'}problem=${problem}`
}

/** Where sign-in through the provider begins. `again`: the provider asks who it is, even if it knows somebody. */
export const loginPath = (next: string, again: boolean): string =>
  `/auth/login?next=${encodeURIComponent(next)}${again ? '&again=1' : ''}`

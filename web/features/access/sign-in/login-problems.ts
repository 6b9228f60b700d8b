import { signInPath } from '@/lib/next-path.ts'

/** Reasons for a failed sign-in at the identity provider. The sign-in page receives only the name. */
export const LOGIN_PROBLEMS = {
  away: 'The identity provider does not answer. Try again in a moment.',
  refused: 'The identity provider did not sign you in.',
  stale: 'This sign-in took too long or was started in another browser. Try again.',
  unknown: 'The API does not accept the tokens of this identity provider. Its log has the reason.',
  powerless: 'Your account has no role here. Ask for a role, or sign in with another account.',
} as const

export type LoginProblem = keyof typeof LOGIN_PROBLEMS

/** The problem named by a query parameter, which may be forged. */
export const loginProblem = (value: unknown): LoginProblem | null =>
  typeof value === 'string' && Object.hasOwn(LOGIN_PROBLEMS, value) ? (value as LoginProblem) : null

/** The sign-in page that shows the problem and continues to `next`. */
export function problemPath(problem: LoginProblem, next: string): string {
  const path = signInPath(next)
  return `${path}${path.includes('?') ? '&' : '?'}problem=${problem}`
}

/** URL that starts a sign-in at the provider. `again` makes the provider prompt even with an existing session. */
export const loginPath = (next: string, again: boolean): string =>
  `/auth/login?next=${encodeURIComponent(next)}${again ? '&again=1' : ''}`

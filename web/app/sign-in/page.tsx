import { Text } from '@mantine/core'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { LOGIN_PROBLEMS, loginPath, loginProblem } from '@/features/access/sign-in/login-problems.ts'
import { SignInForm } from '@/features/access/sign-in/SignInForm.tsx'
import { signInMethods } from '@/features/access/upstream.ts'
import { cameByLocalName } from '@/lib/format/local-name.ts'
import { safeNext } from '@/lib/next-path.ts'
import { oidcSettings } from '@/lib/server/oidc-settings.ts'
import { EntryPage } from '@/ui/EntryPage.tsx'
import { ApiAway } from './ApiAway.tsx'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const heads = await headers()
  const [{ next: asked, problem }, methods] = await Promise.all([searchParams, signInMethods(heads)])
  const withRoles = methods === 'dev' && cameByLocalName(heads)
  const next = safeNext(asked)
  const failed = loginProblem(problem)
  const settings = oidcSettings()
  const provider = settings && { href: loginPath(next, failed === 'powerless'), host: settings.issuer.host }
  return (
    <EntryPage
      below={
        withRoles && (
          <Text size="xs" c="dimmed" ta="center">
            Development mode: anybody who reaches this page can sign in.
          </Text>
        )
      }
    >
      {methods === 'away' ? (
        <ApiAway />
      ) : (
        <SignInForm provider={provider} failed={failed && LOGIN_PROBLEMS[failed]} withRoles={withRoles} next={next} />
      )}
    </EntryPage>
  )
}

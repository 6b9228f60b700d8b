import { Center, Container, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { LOGIN_PROBLEMS, loginPath, loginProblem } from '@/features/access/login-problems.ts'
import { SignInForm } from '@/features/access/SignInForm.tsx'
import { signInMethods } from '@/features/access/upstream.ts'
import { cameByLocalName } from '@/lib/local-name.ts'
import { safeNext } from '@/lib/next-path.ts'
import { oidcSettings } from '@/lib/oidc-settings.ts'
import { ColorSchemeControl } from '@/ui/ColorSchemeControl.tsx'
import { Mark } from '@/ui/icons.tsx'
import { ApiAway } from './ApiAway.tsx'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const [{ next: asked, problem }, methods, heads] = await Promise.all([searchParams, signInMethods(), headers()])
  const withRoles = methods === 'dev' && cameByLocalName(heads)
  const next = safeNext(asked)
  const failed = loginProblem(problem)
  const settings = oidcSettings()
  const provider = settings && { href: loginPath(next, failed === 'powerless'), host: settings.issuer.host }
  return (
    <Center component="main" mih="100dvh" p="md">
      <Container size={420} w="100%" p={0}>
        <Stack gap="lg">
          <Group justify="space-between">
            <Group gap="sm">
              <Mark size={32} />
              <Title order={1} size="h3">
                AetherLink
              </Title>
            </Group>
            <ColorSchemeControl />
          </Group>
          <Paper withBorder p="lg" radius="md">
            {methods === 'away' ? (
              <ApiAway />
            ) : (
              <SignInForm
                provider={provider}
                failed={failed && LOGIN_PROBLEMS[failed]}
                withRoles={withRoles}
                next={next}
              />
            )}
          </Paper>
          {withRoles && (
            <Text size="xs" c="dimmed" ta="center">
              Development mode: anybody who reaches this page can sign in.
            </Text>
          )}
        </Stack>
      </Container>
    </Center>
  )
}

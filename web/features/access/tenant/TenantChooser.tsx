'use client'

import { Box, Divider, Group, Skeleton, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { useEffect, useState } from 'react'
import { makeProblem } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { SignOutButton } from '../sign-in/SignOutButton.tsx'
import type { Choices } from './choices.ts'
import { chooseTenant, loadChoices } from './choose-tenant.ts'
import classes from './TenantChooser.module.css'

/** Lets a user with several tenants choose the current one. `next` is the page to open afterwards. */
export function TenantChooser({ next }: { next: string }) {
  const [choices, setChoices] = useState<Choices | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [asking, setAsking] = useState(true)
  const ask = async () => {
    setAsking(true)
    const offer = await loadChoices()
    if ('nothing' in offer) return window.location.replace(next)
    setAsking(false)
    setProblem('away' in offer ? offer.away : null)
    if ('choices' in offer) setChoices(offer.choices)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once per page load
  useEffect(() => void ask(), [])
  useAutoRetry(choices === null && problem !== null && !asking, () => void ask())
  const [chosen, setChosen] = useState<string | null>(null)
  const choose = async (tenantId: string) => {
    setChosen(tenantId)
    setProblem(null)
    if (await chooseTenant(tenantId, next)) return
    setChosen(null)
    setProblem('The server did not accept the choice. Try again.')
  }
  return (
    <Stack gap="md">
      <Stack gap={4}>
        <Title order={2} size="h4">
          Choose a tenant
        </Title>
        <Text size="sm" c="dimmed">
          You belong to several. You see and change one at a time, and switch between them in the header.
        </Text>
      </Stack>
      {problem && (
        <ProblemNotice
          problem={makeProblem('UNAVAILABLE', problem, { title: 'No tenant was selected' })}
          onRetry={choices ? undefined : () => void ask()}
          retrying={asking}
        />
      )}
      {choices ? (
        <Stack component="ul" gap="xs" className={classes.list} aria-busy={chosen !== null}>
          {choices.tenants.map(({ id, name }) => (
            <li key={id}>
              <UnstyledButton
                className={classes.tenant}
                onClick={() => void choose(id)}
                disabled={chosen !== null}
                data-chosen={chosen === id || undefined}
              >
                <span className={classes.name}>{name}</span>
                {name !== id && <span className={classes.id}>{id}</span>}
              </UnstyledButton>
            </li>
          ))}
        </Stack>
      ) : (
        !problem && (
          <Stack gap="xs" aria-busy="true" aria-label="Loading">
            <Skeleton h={52} />
            <Skeleton h={52} />
          </Stack>
        )
      )}
      <Divider />
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed" miw={0} truncate title={choices?.account}>
          {choices?.account && `Signed in as ${choices.account}`}
        </Text>
        <Box flex="none">
          <SignOutButton />
        </Box>
      </Group>
    </Stack>
  )
}

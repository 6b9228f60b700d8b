import { Center, Container, Group, Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Mark } from './icons.tsx'

/** A page outside the console, with one narrow panel. `below` is shown under the panel. */
export function EntryPage({ children, below }: { children: ReactNode; below?: ReactNode }) {
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
          </Group>
          <Paper withBorder p="lg" radius="md">
            {children}
          </Paper>
          {below}
        </Stack>
      </Container>
    </Center>
  )
}

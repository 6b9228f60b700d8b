'use client'

import { Anchor, Center, Stack, Text, Title } from '@mantine/core'
import Link from 'next/link'
import { HOME } from '@/lib/next-path.ts'

export default function NotFound() {
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack align="center" gap="xs">
        <Title order={1} size="h3">
          There is no such page
        </Title>
        <Text c="dimmed">The address may be mistyped.</Text>
        <Anchor component={Link} href={HOME}>
          Go to deliveries
        </Anchor>
      </Stack>
    </Center>
  )
}

'use client'

import { Skeleton, Stack, Text } from '@mantine/core'
import { useViewerState } from './viewer.tsx'

/** Who is signed in, as what, and for whom. */
export function ViewerBadge() {
  const { viewer, problem } = useViewerState()
  if (!viewer) return problem ? null : <Skeleton h={28} w={120} />
  const role = viewer.roles.map((name) => name.charAt(0) + name.slice(1).toLowerCase()).join(', ')
  return (
    <Stack gap={0} miw={0} maw={{ md: 200 }} data-testid="viewer">
      <Text size="xs" fw={600} truncate title={viewer.name}>
        {viewer.name}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {role} · {viewer.tenantId ?? 'all tenants'}
      </Text>
    </Stack>
  )
}

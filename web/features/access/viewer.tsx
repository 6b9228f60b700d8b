'use client'

import type { ErrorLike } from '@apollo/client'
import { useQuery } from '@apollo/client/react'
import { Container, Skeleton, Stack } from '@mantine/core'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { graphql, type Role } from '@/lib/graphql.ts'
import { type Problem, problemOf } from '@/lib/request-error.ts'
import { ProblemNotice } from '@/ui/ProblemNotice.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { ROLES } from './sign-in.ts'

const ViewerQuery = graphql(`
  query CurrentViewer {
    viewer {
      actor {
        kind
        id
        name
      }
      roles
      tenantId
      tenants {
        id
        name
      }
    }
  }
`)

export interface Viewer {
  name: string
  roles: readonly Role[]
  /** The tenant this session is bound to; null: it sees all of them. */
  tenantId: string | null
  tenants: readonly { id: string; name: string }[]
}

interface ViewerState {
  viewer: Viewer | null
  problem: Problem | null
  loading: boolean
  retry: () => void
}

const ViewerContext = createContext<ViewerState | null>(null)

/** Asks once who is signed in, for everything below. */
export function ViewerProvider({ children }: { children: ReactNode }) {
  const { data, error, loading, refetch } = useQuery(ViewerQuery, { fetchPolicy: 'cache-first' })
  // Apollo forgets the error as soon as it tries again; the reader keeps it until there is something else to show.
  const [shown, setShown] = useState<ErrorLike | undefined>()
  useEffect(() => {
    if (error || data) setShown(error)
  }, [error, data])
  const found = data?.viewer
  const viewer = found
    ? {
        name: found.actor.name ?? found.actor.id,
        roles: found.roles,
        tenantId: found.tenantId ?? null,
        tenants: found.tenants,
      }
    : null
  const retry = () => void refetch().catch(() => undefined)
  return (
    <ViewerContext value={{ viewer, problem: shown ? problemOf(shown) : null, loading, retry }}>
      {children}
    </ViewerContext>
  )
}

/** Who is signed in, while that may not be known yet. */
export function useViewerState(): ViewerState {
  const state = useContext(ViewerContext)
  if (!state) throw new Error('useViewerState outside of ViewerProvider')
  return state
}

/** Who is signed in. Only below ViewerGate, which waits for the answer. */
export function useViewer(): Viewer {
  const { viewer } = useViewerState()
  if (!viewer) throw new Error('useViewer outside of ViewerGate')
  return viewer
}

/** Whether the viewer holds a role or one above it. The API decides again; this only saves offering what it would refuse. */
export const hasRole = (viewer: Viewer, least: Role): boolean =>
  viewer.roles.some((role) => ROLES.indexOf(role) >= ROLES.indexOf(least))

/** Shows a page once it is known who reads it, and otherwise why that is not known. */
export function ViewerGate({ children }: { children: ReactNode }) {
  const { viewer, problem, loading, retry } = useViewerState()
  useAutoRetry(viewer === null && problem?.code === 'UNAVAILABLE', retry)
  if (viewer) return children
  if (problem) {
    return (
      <Container size="sm" py="xl">
        <ProblemNotice problem={problem} onRetry={retry} retrying={loading} />
      </Container>
    )
  }
  return (
    <Stack aria-busy="true" aria-label="Loading">
      <Skeleton h={28} w={180} />
      <Skeleton h={60} />
      <Skeleton h={320} />
    </Stack>
  )
}

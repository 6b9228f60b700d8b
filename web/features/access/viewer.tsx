'use client'

import type { ErrorLike } from '@apollo/client'
import { useQuery } from '@apollo/client/react'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import type { Role } from '@/lib/graphql.ts'
import { type Problem, problemOf } from '@/lib/request-error.ts'
import { type Seed, useSeeds } from '@/lib/seeds.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { useAutoRetry } from '@/ui/use-auto-retry.ts'
import { ROLES } from './sign-in.ts'
import classes from './Viewer.module.css'
import { ViewerQuery } from './viewer-query.ts'

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

/** Asks once who is signed in, for everything below. `seeds`: what the server has found out already. */
export function ViewerProvider({ seeds, children }: { seeds: readonly Seed[]; children: ReactNode }) {
  useSeeds(seeds, [ViewerQuery])
  const { data, error, loading, refetch } = useQuery(ViewerQuery, { fetchPolicy: 'cache-first' })
  // Apollo forgets the error when it tries again. The page shows it until there is something else to show.
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
  return (
    <div className={classes.gate}>
      {problem ? <ProblemNotice problem={problem} onRetry={retry} retrying={loading} /> : <Placeholder />}
    </div>
  )
}

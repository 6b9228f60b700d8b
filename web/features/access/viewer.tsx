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
import { ROLES } from './sign-in/sign-in.ts'
import classes from './Viewer.module.css'
import { ViewerQuery } from './viewer-query.ts'

export interface Viewer {
  name: string
  roles: readonly Role[]
  /** Tenant of this session; null if the session sees all tenants. */
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

/** Loads the viewer once for all components below. `seeds`: results that the server has already loaded. */
export function ViewerProvider({ seeds, children }: { seeds: readonly Seed[]; children: ReactNode }) {
  useSeeds(seeds, [ViewerQuery])
  const { data, error, loading, refetch } = useQuery(ViewerQuery, { fetchPolicy: 'cache-first' })
  // Apollo clears the error when it retries. The page shows the error until there is a new result.
  const [shown, setShown] = useState<ErrorLike | undefined>()
  useEffect(() => {
    if (error || data) setShown(error)
  }, [error, data])
  const answer = data?.viewer
  const viewer = answer
    ? {
        name: answer.actor.name ?? answer.actor.id,
        roles: answer.roles,
        tenantId: answer.tenantId ?? null,
        tenants: answer.tenants,
      }
    : null
  const retry = () => void refetch().catch(() => undefined)
  return (
    <ViewerContext value={{ viewer, problem: shown ? problemOf(shown) : null, loading, retry }}>
      {children}
    </ViewerContext>
  )
}

/** The viewer, or null while unknown. */
export function useViewerState(): ViewerState {
  const state = useContext(ViewerContext)
  if (!state) throw new Error('useViewerState outside of ViewerProvider')
  return state
}

/** The viewer. Use it only below ViewerGate, which waits for it. */
export function useViewer(): Viewer {
  const { viewer } = useViewerState()
  if (!viewer) throw new Error('useViewer outside of ViewerGate')
  return viewer
}

/**
 * Whether the viewer has this role or a higher one. The API enforces roles; this check only hides actions that the API
 * would refuse.
 */
export const hasRole = (viewer: Viewer, least: Role): boolean =>
  viewer.roles.some((role) => ROLES.indexOf(role) >= ROLES.indexOf(least))

/** Shows a page once the viewer is known, otherwise the reason why it is not. */
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

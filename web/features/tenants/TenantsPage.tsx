'use client'

import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { makeProblem } from '@/lib/request-error.ts'
import type { Seed } from '@/lib/seeds.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import { KeysList } from './KeysList.tsx'
import classes from './Tenants.module.css'
import { TenantsList } from './TenantsList.tsx'

const TABS = ['tenants', 'keys'] as const

/** Tenants and the API keys of programs. For administrators. */
export function TenantsPage({ seeds }: { seeds?: readonly Seed[] }) {
  const viewer = useViewer()
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(TABS).withDefault('tenants'))
  if (!hasRole(viewer, 'ADMIN'))
    return (
      <div style={{ padding: 16 }}>
        <ProblemNotice problem={makeProblem('FORBIDDEN', 'Tenants and keys require the role ADMIN.')} />
      </div>
    )
  const views = (
    <nav className={classes.views} aria-label="Tenants and keys">
      <button type="button" aria-pressed={tab === 'tenants'} onClick={() => void setTab('tenants')}>
        Tenants
      </button>
      <button type="button" aria-pressed={tab === 'keys'} onClick={() => void setTab('keys')}>
        API keys
      </button>
    </nav>
  )
  return tab === 'tenants' ? <TenantsList seeds={seeds} views={views} /> : <KeysList views={views} />
}

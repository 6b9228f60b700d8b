'use client'

import { parseAsStringLiteral, useQueryState } from 'nuqs'
import type { Seed } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { PageViews } from '@/ui/lists/PageViews.tsx'
import { ServicesList } from './ServicesList.tsx'

const AutoHealView = lazily(() => import('../healing/AutoHealView.tsx'))

const VIEWS = ['services', 'graph', 'auto-heal'] as const

/** The services, their dependencies, and auto-heal. */
export function ServicesPage({ seeds }: { seeds?: readonly Seed[] }) {
  const [view, setView] = useQueryState('view', parseAsStringLiteral(VIEWS).withDefault('services'))
  const views = (
    <PageViews
      label="Services"
      views={[
        { name: 'services', label: 'All services' },
        { name: 'graph', label: 'Dependencies' },
        { name: 'auto-heal', label: 'Auto-heal' },
      ]}
      active={view}
      onChange={(next) => void setView(next)}
    />
  )
  if (view === 'auto-heal') return <AutoHealView views={views} />
  return <ServicesList seeds={seeds} views={views} asGraph={view === 'graph'} />
}

'use client'

import { parseAsStringLiteral, useQueryState } from 'nuqs'
import type { Seed } from '@/lib/seeds.tsx'
import { lazily } from '@/ui/Lazy.tsx'
import { PageViews } from '@/ui/lists/PageViews.tsx'
import { PoliciesView } from './PoliciesView.tsx'

const RunsList = lazily(() => import('./RunsList.tsx'))
const ArchivesList = lazily(() => import('./ArchivesList.tsx'))

const VIEWS = ['policies', 'runs', 'archives'] as const

/** Retention policies, prune runs and archives. */
export function RetentionPage({ seeds }: { seeds?: readonly Seed[] }) {
  const [view, setView] = useQueryState('view', parseAsStringLiteral(VIEWS).withDefault('policies'))
  const views = (
    <PageViews
      label="Retention"
      views={[
        { name: 'policies', label: 'Policies' },
        { name: 'runs', label: 'Prune runs' },
        { name: 'archives', label: 'Archive files' },
      ]}
      active={view}
      onChange={(next) => void setView(next)}
    />
  )
  if (view === 'runs') return <RunsList views={views} />
  if (view === 'archives') return <ArchivesList views={views} />
  return <PoliciesView seeds={seeds} views={views} />
}

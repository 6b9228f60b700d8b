'use client'

import { useRouter } from 'next/navigation'
import { useCallback, useRef } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { TemplateItemFragment } from '@/lib/graphql.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { MaterializeTemplate } from './documents.ts'

/** The tenant whose events a rule from a template would count; null: those of all tenants and of the installation. */
export function useTenantOfRule(): (template: Pick<TemplateItemFragment, 'tenantId'>) => string | null {
  const viewer = useViewer()
  const tenantId = useTenantFilter()
  return useCallback((template) => tenantId ?? template.tenantId ?? viewer.tenantId ?? null, [viewer, tenantId])
}

/**
 * Creates an enabled rule from a template, for the tenant selected on the page, and shows it. Asks first if the API warns
 * that the rule may never fire.
 */
export function useMaterialize(): { materialize: (template: TemplateItemFragment) => Promise<void>; busy: boolean } {
  const router = useRouter()
  const pathTo = useKeptPath()
  const tenantId = useTenantFilter()
  const warnings = useRef<readonly string[]>([])
  const { run, busy } = useAction(MaterializeTemplate, {
    failed: 'No rule was created',
    confirm: () =>
      warnings.current.length === 0
        ? null
        : { title: 'Create a rule without events?', body: warnings.current.join(' '), confirm: 'Create it anyway' },
    done: ({ materializeAlertTemplate: { rule } }) => `The rule ${rule.name} is on, and evaluated at once.`,
    refetch: ['RuleList', ...ALERT_QUERIES],
  })
  const materialize = useCallback(
    async (template: TemplateItemFragment) => {
      warnings.current = template.warnings
      const data = await run({ id: template.id, input: { tenantId } })
      if (data) router.push(pathTo('/alerts/rules', { open: data.materializeAlertTemplate.rule.id }))
    },
    [run, router, pathTo, tenantId],
  )
  return { materialize, busy }
}

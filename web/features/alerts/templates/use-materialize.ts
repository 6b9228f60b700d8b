'use client'

import { useRouter } from 'next/navigation'
import { useCallback } from 'react'
import { useTenantFilter } from '@/features/access/tenant/tenant-filter.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { MaterializeTemplate } from './documents.ts'

/** Creates an enabled rule from a template, for the tenant selected on the page, and shows it. */
export function useMaterialize(): { materialize: (templateId: string) => Promise<void>; busy: boolean } {
  const router = useRouter()
  const pathTo = useKeptPath()
  const tenantId = useTenantFilter()
  const { run, busy } = useAction(MaterializeTemplate, {
    failed: 'No rule was created',
    done: ({ materializeAlertTemplate: { rule } }) => `The rule ${rule.name} is on, and evaluated at once.`,
    refetch: ['RuleList', 'RuleNames', ...ALERT_QUERIES],
  })
  const materialize = useCallback(
    async (templateId: string) => {
      const data = await run({ id: templateId, input: { tenantId } })
      if (data) router.push(pathTo('/alerts/rules', { open: data.materializeAlertTemplate.rule.id }))
    },
    [run, router, pathTo, tenantId],
  )
  return { materialize, busy }
}

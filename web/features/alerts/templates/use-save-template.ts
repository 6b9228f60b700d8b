'use client'

import { useApolloClient } from '@apollo/client/react'
import { useCallback } from 'react'
import { confirm } from '@/lib/actions/confirm.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { readFragment } from '@/lib/graphql.ts'
import { RuleSettings, RuleToEdit } from '../rules/documents.ts'
import { CreateTemplate } from './documents.ts'

const MAX_SLUG = 63

/** Converts a display name to a slug: "API errors (EU)" becomes "api-errors-eu". */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, MAX_SLUG)
    .replace(/-+$/, '') || 'template'

/** Asks for a name and saves a rule as a template of its tenant. */
export function useSaveTemplate(): (ruleId: string) => Promise<void> {
  const client = useApolloClient()
  const { run } = useAction(CreateTemplate, {
    failed: 'Not saved',
    done: ({ createAlertTemplate }, { input }) => createAlertTemplate && `${input.name} is a template.`,
    refetch: ['TemplateList'],
  })
  return useCallback(
    async (ruleId) => {
      const { data } = await client.query({ query: RuleToEdit, variables: { id: ruleId } })
      const rule = data?.node?.__typename === 'AlertRule' ? readFragment(RuleSettings, data.node) : null
      if (!rule) return
      const answer = await confirm({
        title: `Save ${rule.name} as a template`,
        body: 'The template has everything but the webhooks, which each rule chooses.',
        confirm: 'Save',
        ask: { label: 'Name', placeholder: rule.name, maxLength: 200 },
      })
      if (!answer.confirmed) return
      const { name, description, eventType, source, eventSeverity, severity } = rule
      const { threshold, windowSeconds, groupBy, repeatIntervalSeconds } = rule
      const conditions = { eventType, source, eventSeverity, severity, threshold, windowSeconds, groupBy }
      const title = answer.text || name
      await run({
        input: {
          slug: slugOf(title),
          name: title,
          description: description || `As the rule ${name}.`,
          tenantId: rule.tenantId ?? null,
          rule: withoutNulls({ name, description, ...conditions, repeatIntervalSeconds }),
        },
      })
    },
    [client, run],
  )
}

const withoutNulls = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

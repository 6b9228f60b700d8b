'use client'

import type { RuleNamesQuery } from '@/lib/graphql.ts'
import { useEveryRow } from '@/lib/lists/use-every-row.ts'
import { RuleNames } from './documents.ts'

const pageOf = ({ alertRules }: RuleNamesQuery) => alertRules

/** The ids and names of all rules; null until loaded. `tenantId`: null for those of every visible tenant. */
export const useRuleNames = (tenantId: string | null): readonly { id: string; name: string }[] | null =>
  useEveryRow(RuleNames, { tenantId }, pageOf)

'use client'

import { useCallback, useMemo } from 'react'
import { confirm } from '@/lib/actions/confirm.ts'
import { useAction } from '@/lib/actions/use-action.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { AcknowledgeAlert, ResolveAlert } from './actions.ts'
import { CreateSilence } from './silences/documents.ts'
import { SILENCE_SPANS, type SilenceSpan, silenceEnd } from './silences/ends.ts'
import { matchersOfAlert } from './silences/matchers.ts'
import { groupText } from './words.ts'

/** The queries whose results depend on alerts and silences. */
export const ALERT_QUERIES = ['AlertList', 'AlertDetails', 'FiringAlerts', 'SilenceList']
const NOTE = { label: 'Note', placeholder: 'For the timeline and for the people who are notified', maxLength: 1_000 }

/** The fields of an alert that the actions need. */
export interface ActionableAlert {
  id: string
  tenantId?: string | null
  group: unknown
  webhook?: { name: string } | null
  rule: { id: string; name: string }
}

export const alertName = ({ rule, group, webhook }: Pick<ActionableAlert, 'rule' | 'group' | 'webhook'>): string =>
  [rule.name, webhook?.name ?? groupText(group)].filter(Boolean).join(', ')

/** A user's actions on an alert. Each reports its result, or its error. */
export function useAlertActions() {
  const zone = useZone()
  const { run: runAcknowledge, busy: acknowledging } = useAction(AcknowledgeAlert, {
    failed: 'Not acknowledged',
    done: () => 'Acknowledged. The alert does not notify again.',
    refetch: ALERT_QUERIES,
  })
  const { run: runResolve, busy: resolving } = useAction(ResolveAlert, {
    failed: 'Not resolved',
    done: () => 'Resolved.',
    refetch: ALERT_QUERIES,
  })
  const { run: runSilence, busy: silencing } = useAction(CreateSilence, {
    failed: 'Not silenced',
    done: () => 'Silenced. The alert stays open and sends no notifications.',
    refetch: ALERT_QUERIES,
  })

  const acknowledge = useCallback(
    async (alert: ActionableAlert, ask = false) => {
      const question = { title: `Acknowledge ${alertName(alert)}?`, confirm: 'Acknowledge', ask: NOTE }
      const answer = ask ? await confirm(question) : { confirmed: true as const, text: '' }
      if (answer.confirmed) await runAcknowledge({ id: alert.id, note: answer.text || null })
    },
    [runAcknowledge],
  )
  const resolve = useCallback(
    async (alert: ActionableAlert) => {
      const answer = await confirm({
        title: `Resolve ${alertName(alert)}?`,
        body: 'The events that it counted raise no further alert. New events can raise one.',
        confirm: 'Resolve',
        ask: NOTE,
      })
      if (answer.confirmed) await runResolve({ id: alert.id, note: answer.text || null })
    },
    [runResolve],
  )
  const silence = useCallback(
    async (alert: ActionableAlert, span: SilenceSpan) => {
      const label = SILENCE_SPANS.find(({ name }) => name === span)?.label.toLowerCase() ?? span
      const length = span === 'morning' ? label : `for ${label}`
      const answer = await confirm({
        title: `Silence ${alertName(alert)} ${length}?`,
        body: 'Its notifications are suppressed during this time. The alert is still raised and resolved.',
        confirm: 'Silence',
        ask: { label: 'Reason', placeholder: 'Deployment under way', maxLength: 500 },
      })
      if (!answer.confirmed) return
      await runSilence({
        input: {
          matchers: matchersOfAlert(alert),
          tenantId: alert.tenantId ?? null,
          reason: answer.text || `Silenced ${length} from the console`,
          endsAt: new Date(silenceEnd(span, Date.now(), zone)).toISOString(),
        },
      })
    },
    [runSilence, zone],
  )
  const busy = acknowledging || resolving || silencing
  return useMemo(() => ({ acknowledge, resolve, silence, busy }), [acknowledge, resolve, silence, busy])
}

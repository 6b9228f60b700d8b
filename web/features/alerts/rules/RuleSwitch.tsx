'use client'

import { Switch } from '@mantine/core'
import { hasRole, useViewer } from '@/features/access/viewer.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import { Badge } from '@/ui/values/Badge.tsx'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { SetRuleEnabled } from './documents.ts'

interface RuleSwitchProps {
  rule: { id: string; name: string; enabled: boolean }
}

/** Whether a rule is evaluated: a switch for users who may change it. */
export function RuleSwitch({ rule: { id, name, enabled } }: RuleSwitchProps) {
  const viewer = useViewer()
  const toggle = useAction(SetRuleEnabled, {
    failed: 'Not switched',
    confirm: (variables) =>
      variables.enabled
        ? null
        : {
            title: `Switch off ${name}?`,
            body: 'It is not evaluated any more. Its open alerts are resolved.',
            confirm: 'Switch off',
          },
    done: (_data, variables) => `${name} is ${variables.enabled ? 'on, and evaluated at once' : 'off'}.`,
    refetch: ['RuleList', 'RuleDetails', ...ALERT_QUERIES],
  })
  if (!hasRole(viewer, 'OPERATOR'))
    return (
      <Badge tone={enabled ? 'arrived' : 'cancelled'} glyph={enabled ? '●' : '–'} plain={enabled}>
        {enabled ? 'On' : 'Off'}
      </Badge>
    )
  return (
    <Switch
      size="xs"
      checked={enabled}
      disabled={toggle.busy}
      aria-label={`Evaluate ${name}`}
      title={enabled ? 'On: press to switch off' : 'Off: press to switch on'}
      onChange={(event) => void toggle.run({ id, enabled: event.currentTarget.checked })}
    />
  )
}

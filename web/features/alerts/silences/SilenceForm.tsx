'use client'

import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useViewer } from '@/features/access/viewer.tsx'
import { SEVERITIES } from '@/features/events/severity.tsx'
import { useAction } from '@/lib/actions/use-action.ts'
import type { Severity } from '@/lib/graphql.ts'
import { useZone } from '@/lib/use-prefs.tsx'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { Form, useServerForm } from '@/ui/forms/Form.tsx'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { useRuleNames } from '../use-rule-names.ts'
import { CreateSilence } from './documents.ts'
import { SILENCE_SPANS, silenceEnd } from './ends.ts'
import { groupLines, type Matchers, parseGroup } from './matchers.ts'

interface SilenceFormProps {
  initial: { matchers: Matchers; tenantId: string | null }
  onClose: () => void
}

interface Values {
  /** The id of a rule; '' for any rule, or for the rules that match `ruleGlob`. */
  rule: string
  ruleGlob: string
  severity: Severity | ''
  source: string
  group: string
  tenantId: string
  /** A span of SILENCE_SPANS, or 'at' if `endsAt` is used. */
  until: string
  /** In the format of an input for local date and time. */
  endsAt: string
  reason: string
  [key: string]: unknown
}

const OTHER_END = 'at'

function matchersOf({ rule, ruleGlob, severity, source, group }: Values): Matchers {
  const parsed = parseGroup(group)
  const fields = 'group' in parsed ? parsed.group : {}
  const named = rule || ruleGlob.trim()
  return {
    ...(named && { rule: named }),
    ...(severity && { severity }),
    ...(source.trim() && { source: source.trim() }),
    ...(Object.keys(fields).length > 0 && { group: fields }),
  }
}

function check(values: Values): Record<string, string> {
  const errors: Record<string, string> = {}
  const group = parseGroup(values.group)
  if ('problem' in group) errors.group = group.problem
  else if (Object.keys(matchersOf(values)).length === 0) errors.rule = 'Choose at least one matcher'
  if (values.until === OTHER_END && !values.endsAt) errors.endsAt = 'Enter a date and a time'
  if (values.reason.trim() === '') errors.reason = 'Enter a reason of 1 to 500 characters'
  return errors
}

/** Creates a silence: its matchers, its end, and its reason. */
export default function SilenceForm({ initial, onClose }: SilenceFormProps) {
  const viewer = useViewer()
  const zone = useZone()
  const rules = useRuleNames(initial.tenantId)
  const create = useAction(CreateSilence, {
    failed: 'Not silenced',
    quiet: true,
    done: ({ createSilence: { silence } }) =>
      silence ? 'Silenced. Matching alerts send no notifications until it ends.' : null,
    refetch: ALERT_QUERIES,
  })
  const { rule = '', severity = '', source = '', group } = initial.matchers
  const server = useServerForm<Values>(
    {
      initialValues: {
        rule,
        ruleGlob: '',
        severity,
        source,
        group: groupLines(group),
        tenantId: initial.tenantId ?? '',
        until: '1h',
        endsAt: '',
        reason: '',
      },
      validate: check,
    },
    async (values) => {
      const span = SILENCE_SPANS.find(({ name }) => name === values.until)
      const ends = span ? silenceEnd(span.name, Date.now(), zone) : Date.parse(values.endsAt)
      const input = {
        matchers: matchersOf(values),
        tenantId: values.tenantId || null,
        reason: values.reason.trim(),
        endsAt: new Date(ends).toISOString(),
      }
      if (await create.run({ input })) onClose()
    },
  )
  const { form } = server
  return (
    <Dialog title="New silence" onClose={onClose} width={600}>
      <Form label="Silence" server={server} submit="Silence" onCancel={onClose}>
        <NativeSelect
          label="Rule"
          data={[
            { value: '', label: 'Any rule, or those named below' },
            ...(rules?.map(({ id, name }) => ({ value: id, label: name })) ?? []),
          ]}
          {...form.getInputProps('rule')}
        />
        {form.values.rule === '' && (
          <TextInput
            label="Rules named"
            description="* matches any characters"
            placeholder="Disk*"
            spellCheck={false}
            {...form.getInputProps('ruleGlob')}
          />
        )}
        <NativeSelect
          label="Severity"
          data={[
            { value: '', label: 'Any' },
            ...Object.entries(SEVERITIES).map(([value, { label }]) => ({ value, label })),
          ]}
          {...form.getInputProps('severity')}
        />
        <TextInput
          label="Source"
          description="Of alerts whose events share it. Empty: any."
          placeholder="billing-*"
          spellCheck={false}
          {...form.getInputProps('source')}
        />
        <Textarea
          label="Group"
          description="A field of the rule's grouping on each line: field, colon, value"
          placeholder="payload.host: web-*"
          autosize
          minRows={2}
          maxRows={6}
          spellCheck={false}
          {...form.getInputProps('group')}
        />
        {viewer.tenantId === null && (
          <NativeSelect
            label="Tenant"
            data={[
              { value: '', label: 'Alerts of all tenants' },
              ...viewer.tenants.map(({ id }) => ({ value: id, label: id })),
            ]}
            {...form.getInputProps('tenantId')}
          />
        )}
        <NativeSelect
          label="Ends"
          data={[
            ...SILENCE_SPANS.map(({ name, label }) => ({
              value: name,
              label: name === 'morning' ? label : `In ${label}`,
            })),
            { value: OTHER_END, label: 'At another time' },
          ]}
          {...form.getInputProps('until')}
        />
        {form.values.until === OTHER_END && (
          <TextInput label="Ends at" type="datetime-local" {...form.getInputProps('endsAt')} />
        )}
        <TextInput
          label="Reason"
          placeholder="Deployment under way"
          maxLength={500}
          {...form.getInputProps('reason')}
        />
      </Form>
    </Dialog>
  )
}

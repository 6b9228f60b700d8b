'use client'

import { useQuery } from '@apollo/client/react'
import { Checkbox, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useId } from 'react'
import { useViewer } from '@/features/access/viewer.tsx'
import { SEVERITIES } from '@/features/events/severity.tsx'
import { EventTypeNames } from '@/features/events/type-names.ts'
import type { RuleWebhooksQuery } from '@/lib/graphql.ts'
import { useEveryRow } from '@/lib/lists/use-every-row.ts'
import { NumberField } from '@/ui/forms/NumberField.tsx'
import { RuleWebhooks } from './documents.ts'
import classes from './Rules.module.css'
import { missingWebhooks, type RuleValues } from './rule-values.ts'

interface RuleFieldsProps {
  form: UseFormReturnType<RuleValues>
  /** The tenants to choose from; empty if the tenant is fixed. */
  tenants: readonly { id: string }[]
}

const SEVERITY_OPTIONS = Object.entries(SEVERITIES).map(([value, { label }]) => ({ value, label }))

/** The conditions of a rule, and its receivers. */
export function RuleFields({ form, tenants }: RuleFieldsProps) {
  const types = useId()
  const { data } = useQuery(EventTypeNames, { fetchPolicy: 'cache-first', errorPolicy: 'ignore' })
  return (
    <>
      <TextInput label="Name" required withAsterisk={false} maxLength={200} {...form.getInputProps('name')} />
      <Textarea
        label="Description"
        description="What it means when it fires, and what to do. Shown with each alert."
        autosize
        minRows={2}
        maxRows={8}
        maxLength={2_000}
        {...form.getInputProps('description')}
      />
      <fieldset className={classes.group}>
        <legend>Which events it counts</legend>
        <div className={classes.pair}>
          <TextInput
            label="Event type"
            description="* matches any characters. Empty: any."
            placeholder="api.error*"
            list={types}
            spellCheck={false}
            {...form.getInputProps('eventType')}
          />
          <datalist id={types}>
            {data?.eventTypes.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <TextInput
            label="Source"
            description="A name, or one with *. Empty: any."
            placeholder="billing-*"
            spellCheck={false}
            {...form.getInputProps('source')}
          />
        </div>
        <div className={classes.pair}>
          <NativeSelect
            label="Event severity"
            data={[{ value: '', label: 'Any' }, ...SEVERITY_OPTIONS]}
            {...form.getInputProps('eventSeverity')}
          />
          {tenants.length > 0 && (
            <NativeSelect
              label="Tenant"
              data={[
                { value: '', label: 'All tenants together' },
                ...tenants.map(({ id }) => ({ value: id, label: id })),
              ]}
              {...form.getInputProps('tenantId')}
            />
          )}
        </div>
      </fieldset>
      <fieldset className={classes.group}>
        <legend>When it fires</legend>
        <div className={classes.pair}>
          <NumberField
            label="Events"
            description="This number or more"
            min={1}
            max={100_000}
            {...form.getInputProps('threshold')}
          />
          <TextInput
            label="Within"
            description="Such as 30 s, 5 min, 2 h or 7 d"
            {...form.getInputProps('windowSeconds')}
          />
        </div>
        <TextInput
          label="For each"
          description="One alert for each value of these, separated by commas: source, subject, severity, type, tenantId, payload.host. Empty: one alert."
          placeholder="source, payload.host"
          spellCheck={false}
          {...form.getInputProps('groupBy')}
        />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>Whom it notifies</legend>
        <div className={classes.pair}>
          <NativeSelect label="Severity of the alert" data={SEVERITY_OPTIONS} {...form.getInputProps('severity')} />
          <TextInput
            label="Notify again every"
            description="While it fires and nobody acknowledged it"
            {...form.getInputProps('repeatIntervalSeconds')}
          />
        </div>
        <Webhooks form={form} />
      </fieldset>
      <Switch label="Evaluate it" {...form.getInputProps('enabled', { type: 'checkbox' })} />
    </>
  )
}

const NO_VARIABLES = {}
const webhooksOf = ({ webhooks }: RuleWebhooksQuery) => webhooks

/** The webhooks that the alerts of the rule go to. */
function Webhooks({ form }: Pick<RuleFieldsProps, 'form'>) {
  const viewer = useViewer()
  const webhooks = useEveryRow(RuleWebhooks, NO_VARIABLES, webhooksOf)
  const tenantId = form.values.tenantId || viewer.tenantId
  const chosen = form.values.webhookIds
  const offered = webhooks?.filter(
    (webhook) => chosen.includes(webhook.id) || !webhook.tenantId || webhook.tenantId === tenantId,
  )
  // A webhook of the edited rule that is in no list was deleted. It stays offered, so that it can be chosen again.
  const missing = webhooks ? missingWebhooks(form.getInitialValues().webhookIds, webhooks) : []
  const toggle = (id: string, checked: boolean) =>
    form.setFieldValue('webhookIds', checked ? [...chosen, id] : chosen.filter((one) => one !== id))
  return (
    <Checkbox.Group
      label="Webhooks"
      description={
        chosen.length === 0
          ? 'None chosen: every webhook that subscribes to ops.alert.*'
          : 'These webhooks, regardless of their event types'
      }
      value={chosen}
      error={form.errors.webhookIds}
    >
      <div className={classes.webhooks}>
        {offered?.map(({ id, name, kind, tenantId: owner }) => (
          <Checkbox
            key={id}
            size="xs"
            value={id}
            label={`${name} (${kind.toLowerCase()}${owner ? '' : ', installation'})`}
            onChange={(event) => toggle(id, event.currentTarget.checked)}
          />
        ))}
        {missing.map((id) => (
          <Checkbox
            key={id}
            size="xs"
            value={id}
            label={`deleted webhook ${id}`}
            onChange={(event) => toggle(id, event.currentTarget.checked)}
          />
        ))}
        {offered?.length === 0 && <span className={classes.none}>There is no webhook that it may notify.</span>}
      </div>
    </Checkbox.Group>
  )
}

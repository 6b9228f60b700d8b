'use client'

import { useQuery } from '@apollo/client/react'
import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { SEVERITIES } from '@/features/events/severity.tsx'
import { span } from '@/lib/format/time.ts'
import type { Severity } from '@/lib/graphql.ts'
import { NumberField } from '@/ui/forms/NumberField.tsx'
import { CheckUrl, Matched } from './documents.ts'
import { parseSchedule, parseTypes, type WebhookValues } from './form-values.ts'
import classes from './Webhooks.module.css'

/** How long typing must pause before a check, in milliseconds. */
const PAUSE_MS = 500
const number = new Intl.NumberFormat('en')

interface WebhookFieldsProps {
  form: UseFormReturnType<WebhookValues>
  /** Null for a new webhook. Only for a new webhook can the format, tenant and secret be chosen. */
  id: string | null
  tenants: readonly { id: string; name: string }[]
}

/** The settings of a webhook, each checked while the user types. */
export function WebhookFields({ form, id, tenants }: WebhookFieldsProps) {
  const { values } = form
  return (
    <>
      <TextInput label="Name" required withAsterisk={false} maxLength={200} {...form.getInputProps('name')} />
      <div>
        <TextInput label="URL" required withAsterisk={false} placeholder="https://" {...form.getInputProps('url')} />
        <UrlCheck url={values.url} />
      </div>
      {id === null && (
        <div className={classes.pair}>
          <NativeSelect
            label="Format"
            data={[
              { value: 'STANDARD', label: 'Signed JSON (Standard Webhooks)' },
              { value: 'SLACK', label: 'Slack' },
              { value: 'TEAMS', label: 'Microsoft Teams' },
              { value: 'DISCORD', label: 'Discord' },
            ]}
            {...form.getInputProps('kind')}
          />
          {tenants.length > 0 && (
            <NativeSelect
              label="Tenant"
              data={[
                { value: '', label: 'The whole installation' },
                ...tenants.map((tenant) => ({ value: tenant.id, label: tenant.id })),
              ]}
              {...form.getInputProps('tenantId')}
            />
          )}
        </div>
      )}
      <div>
        <Textarea
          label="Event types"
          description="One per line; * matches any characters. Empty: every type."
          placeholder="order.*"
          minRows={2}
          autosize
          {...form.getInputProps('eventTypes')}
        />
        <SubscriptionCheck values={values} />
      </div>
      <NativeSelect
        label="From severity"
        data={Object.entries(SEVERITIES).map(([value, { label }]) => ({ value, label }))}
        {...form.getInputProps('minSeverity')}
      />
      <div>
        <TextInput
          label="Retries"
          description="The pause before each retry, separated by commas. Empty: one attempt only."
          {...form.getInputProps('retrySchedule')}
        />
        <ScheduleCheck text={values.retrySchedule} />
      </div>
      <div className={classes.pair}>
        <NumberField
          label="Requests per second"
          description="Empty: no limit"
          min={1}
          max={10_000}
          {...form.getInputProps('ratePerSecond')}
        />
        <NumberField
          label="Requests at once"
          description="1 to 256"
          min={1}
          max={256}
          {...form.getInputProps('maxConcurrency')}
        />
        <NumberField
          label="Timeout"
          description="Milliseconds"
          min={100}
          max={120_000}
          step={1_000}
          {...form.getInputProps('timeoutMs')}
        />
      </div>
      <Switch
        label="Circuit breaker"
        description="While the receiver is down, deliveries wait instead of using up their attempts."
        {...form.getInputProps('circuitBreaker', { type: 'checkbox' })}
      />
      <Textarea
        label="Request headers"
        description="One per line: name, colon, value. Stored encrypted."
        placeholder="authorization: Bearer …"
        minRows={2}
        autosize
        {...form.getInputProps('headers')}
      />
      {id === null && (
        <TextInput
          label="Signing secret"
          description="Leave it empty to generate one. Starts with whsec_."
          autoComplete="off"
          {...form.getInputProps('secret')}
        />
      )}
    </>
  )
}

/** Checks with the API whether webhooks may be sent to the URL: its syntax, and the IP addresses of its host. */
function UrlCheck({ url }: { url: string }) {
  const [asked] = useDebouncedValue(url.trim(), PAUSE_MS)
  const { data, loading } = useQuery(CheckUrl, {
    variables: { url: asked },
    skip: !/^https?:\/\/[^\s/]+/i.test(asked),
    fetchPolicy: 'cache-first',
    errorPolicy: 'ignore',
  })
  const check = data?.checkWebhookUrl
  return (
    <output className={classes.check} data-ok={check?.ok}>
      {loading ? 'Checking the address…' : check ? (check.ok ? '● Allowed.' : `✕ ${check.problem}`) : null}
    </output>
  )
}

/** The number of events of the last day that match the subscription. */
function SubscriptionCheck({ values }: { values: WebhookValues }) {
  const { eventTypes, minSeverity, tenantId } = values
  const filter = useMemo(() => {
    const all = Object.keys(SEVERITIES) as Severity[]
    return {
      window: 'LAST_24H' as const,
      types: parseTypes(eventTypes),
      severities: all.slice(all.indexOf(minSeverity)),
      tenantId: tenantId || null,
    }
  }, [eventTypes, minSeverity, tenantId])
  const [asked] = useDebouncedValue(filter, PAUSE_MS)
  const { data } = useQuery(Matched, {
    variables: { filter: asked },
    fetchPolicy: 'cache-first',
    errorPolicy: 'ignore',
  })
  const stats = data?.eventStats
  return (
    <output className={classes.check} data-ok={stats ? stats.total > 0 : undefined}>
      {stats &&
        (stats.total > 0
          ? `● ${number.format(stats.total)} events of the last 24 h: ${stats.byType.map(({ name, count }) => `${name} ${number.format(count)}`).join(', ')}`
          : '✕ No event of the last 24 h. Is the type spelled as services publish it?')}
    </output>
  )
}

/** Shows the times of the attempts of a retry schedule. */
function ScheduleCheck({ text }: { text: string }) {
  const schedule = parseSchedule(text)
  if ('problem' in schedule) return null
  const total = schedule.seconds.reduce((sum, seconds) => sum + seconds, 0)
  const attempts = schedule.seconds.length + 1
  return (
    <output className={classes.check}>
      {attempts === 1
        ? 'One attempt, then a dead letter.'
        : `${attempts} attempts within ${span(total * 1_000)}, then a dead letter.`}
    </output>
  )
}

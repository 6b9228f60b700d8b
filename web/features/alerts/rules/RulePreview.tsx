'use client'

import { useApolloClient } from '@apollo/client/react'
import { NativeSelect } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import Link from 'next/link'
import { useEffect, useMemo, useState } from 'react'
import { EventRow } from '@/features/events/documents.ts'
import { SeverityBadge } from '@/features/events/severity.tsx'
import { secondsText } from '@/lib/format/seconds-text.ts'
import { type PreviewRuleMutation, readFragment, type TimeWindow } from '@/lib/graphql.ts'
import { type Problem, problemOf } from '@/lib/request-error.ts'
import { useKeptPath } from '@/lib/url.ts'
import { ChartBars } from '@/ui/charts/ChartBars.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { Time } from '@/ui/values/Time.tsx'
import classes from '../Alerts.module.css'
import { PreviewRule } from './documents.ts'
import { previewBars } from './preview-chart.ts'
import layout from './Rules.module.css'
import { isPreviewable, previewInput, type RuleValues } from './rule-values.ts'

/** How long typing must pause before the preview is updated, in milliseconds. */
const PAUSE_MS = 700
/** The API's maximum number of buckets. */
const STRETCHES = 500
const BARS = 100
const SAMPLES = 6

const WINDOWS: readonly { value: TimeWindow; label: string }[] = [
  { value: 'LAST_1H', label: 'the last hour' },
  { value: 'LAST_24H', label: 'the last 24 h' },
  { value: 'ALL', label: 'the last 30 days' },
]

type Preview = PreviewRuleMutation['previewAlertRule']
type Input = ReturnType<typeof previewInput>

/** The rule's result over stored history, compared with its threshold. It is updated while the user types. */
export function RulePreview({ values }: { values: RuleValues }) {
  const [window, setWindow] = useState<TimeWindow>('LAST_24H')
  const input = isPreviewable(values) ? previewInput(values) : null
  const { preview, problem, outdated } = usePreview(input, window)
  return (
    <section aria-label="Preview" className={layout.preview}>
      <div className={layout.previewHead}>
        <h2>Alerts that would have fired in</h2>
        <NativeSelect
          size="xs"
          aria-label="Previewed history"
          data={WINDOWS.map(({ value, label }) => ({ value, label }))}
          value={window}
          onChange={(event) => {
            const chosen = WINDOWS.find(({ value }) => value === event.currentTarget.value)
            if (chosen) setWindow(chosen.value)
          }}
        />
      </div>
      {input === null && <p className={classes.none}>The preview continues when the events and the time are valid.</p>}
      {problem && (
        <p role="alert" className={layout.refused}>
          {problem.issues.map(({ message, path }) => `${path.at(-1)}: ${message}`).join('; ') || problem.detail}
        </p>
      )}
      {preview ? <Result {...{ preview, outdated }} /> : input !== null && !problem && <Placeholder rows={4} />}
    </section>
  )
}

interface Shown {
  preview: Preview
  input: Input
}

function Result({ preview: { preview, input }, outdated }: { preview: Shown; outdated: boolean }) {
  const pathTo = useKeptPath()
  const { threshold, windowSeconds } = input
  const bars = useMemo(() => previewBars(preview.timeline, windowSeconds, BARS), [preview, windowSeconds])
  const samples = readFragment(EventRow, preview.sample).slice(0, SAMPLES)
  return (
    <>
      <ChartBars
        label={`Events within ${secondsText(windowSeconds)} against the threshold of ${threshold}`}
        buckets={bars}
        height={120}
        outdated={outdated}
        line={{ value: threshold, name: `fires from ${threshold}` }}
        series={[
          {
            name: 'would fire',
            color: 'var(--chart-dead)',
            accessor: ({ firing, inWindow }) => (firing ? inWindow : 0),
          },
          {
            name: `events in ${secondsText(windowSeconds)}`,
            color: 'var(--chart-arrived)',
            accessor: ({ firing, inWindow }) => (firing ? 0 : inWindow),
          },
        ]}
      />
      <p role="status" className={layout.explanation} data-fires={preview.wouldFire > 0 || undefined}>
        {preview.explanation}
      </p>
      {input.groupBy && input.groupBy.length > 0 && (
        <p className={classes.none}>
          The bars count all groups together. Whether an alert would fire is decided for each group.
        </p>
      )}
      {samples.length > 0 && (
        <>
          <h3>Newest events that it would have counted</h3>
          <ul className={classes.rows}>
            {samples.map(({ id, severity, type, source, receivedAt }) => (
              <li key={id}>
                <div>
                  <SeverityBadge severity={severity} />
                </div>
                <div>
                  <Link href={pathTo('/events', { window: 'all', open: id })} prefetch={false} target="_blank">
                    {type}
                  </Link>
                  <p>{source}</p>
                </div>
                <Time at={receivedAt} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** The newest preview from the API, and whether the form has changed since. */
function usePreview(input: Input | null, window: TimeWindow) {
  const client = useApolloClient()
  const key = JSON.stringify({ input, window })
  const [asked] = useDebouncedValue(key, PAUSE_MS)
  const [answer, setAnswer] = useState<{ key: string; preview: Shown | null; problem: Problem | null } | null>(null)
  useEffect(() => {
    const variables: { input: Input | null; window: TimeWindow } = JSON.parse(asked)
    if (!variables.input) return
    const { input: sent } = variables
    let isNewest = true
    client
      .mutate({
        mutation: PreviewRule,
        variables: { input: sent, window: variables.window, buckets: STRETCHES },
        fetchPolicy: 'no-cache',
      })
      .then(({ data }) => {
        if (!isNewest || !data) return
        setAnswer({ key: asked, preview: { preview: data.previewAlertRule, input: sent }, problem: null })
      })
      .catch((error: unknown) => {
        if (!isNewest) return
        setAnswer((before) => ({ key: asked, preview: before?.preview ?? null, problem: problemOf(error) }))
      })
    return () => {
      isNewest = false
    }
  }, [client, asked])
  return {
    preview: answer?.preview ?? null,
    problem: answer?.key === key ? answer.problem : null,
    outdated: answer?.key !== key || answer.problem !== null,
  }
}

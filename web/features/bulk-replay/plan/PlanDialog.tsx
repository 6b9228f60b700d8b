'use client'

import { useApolloClient } from '@apollo/client/react'
import { Button, Checkbox, TextInput } from '@mantine/core'
import { useCallback, useEffect, useId, useRef, useState } from 'react'
import { useAction } from '@/lib/actions/use-action.ts'
import { span } from '@/lib/format/time.ts'
import { type Problem, problemOf } from '@/lib/request-error.ts'
import { Dialog } from '@/ui/forms/Dialog.tsx'
import { useServerForm } from '@/ui/forms/Form.tsx'
import { NumberField } from '@/ui/forms/NumberField.tsx'
import { Placeholder } from '@/ui/Placeholder.tsx'
import { ProblemNotice } from '@/ui/Problem.tsx'
import classes from '../BulkReplay.module.css'
import { PreviewBulkReplay, StartBulkReplay } from '../documents.ts'
import { useRepeatKey } from '../repeat-key.ts'
import { followedReplay, type PlanRequest, type ReplaySelection } from '../request.ts'
import { counted, forceable, skipsText } from '../words.ts'
import { PlanScope } from './PlanScope.tsx'
import { PlanWebhooks } from './PlanWebhooks.tsx'
import { countOf, DEFAULT_PLAN, optionsInput, type PlanValues, type Preview, selectionInput } from './plan.ts'

/** The plan of a bulk replay, its safety options, and the button that starts it. */
export default function PlanDialog({ request, onClose }: { request: PlanRequest; onClose: () => void }) {
  const { selection, onStarted } = request
  const [force, setForce] = useState(false)
  const { preview, selectedAt, problem: previewProblem, load } = usePreview(selection, force)
  const keyOf = useRepeatKey()
  const start = useAction(StartBulkReplay, { failed: 'Not started', quiet: true, refetch: ['BulkReplayList'] })
  const server = useServerForm<PlanValues>({ initialValues: DEFAULT_PLAN }, async (values) => {
    const input = { ...selectionInput(selection, selectedAt), ...optionsInput(values), force }
    const data = await start.run({ input: { ...input, idempotencyKey: keyOf(JSON.stringify(input)) } })
    if (!data) return
    followedReplay.set(data.bulkReplayDeliveries.bulkReplay.id)
    onStarted?.()
    onClose()
  })
  const { form } = server
  const formId = useId()
  const button = useRef<HTMLButtonElement>(null)
  const scope = useRef<HTMLInputElement>(null)
  const count = preview ? countOf(preview, form.values) : 0
  const isReady = preview !== null
  // The start button gets the focus, so that Enter starts the recommended replays. If there are none, the choice of the
  // scope gets it.
  useEffect(() => {
    if (isReady) (button.current?.disabled ? scope.current : button.current)?.focus()
  }, [isReady])
  const isDown = preview?.byWebhook.some(({ reachable }) => !reachable) ?? false
  const anyway = isDown && form.values.scope === 'all' && !form.values.skipUnhealthy
  return (
    <Dialog
      title="Bulk replay"
      onClose={onClose}
      width={680}
      footer={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button ref={button} type="submit" form={formId} disabled={count === 0} loading={server.busy}>
            {count === 0 ? 'Replay' : `Replay ${counted(count)}${anyway ? ' anyway' : ''}`}
          </Button>
        </>
      }
    >
      {previewProblem && <ProblemNotice problem={previewProblem} onRetry={load} />}
      {!preview && !previewProblem && <Placeholder rows={4} />}
      {preview && (
        <form id={formId} onSubmit={server.onSubmit} noValidate className={classes.plan} aria-label="Bulk replay">
          <PlanScope
            preview={preview}
            first={scope}
            scope={form.values.scope}
            onScope={(next) => form.setFieldValue('scope', next)}
          />
          <PlanWebhooks preview={preview} />
          {preview.skipped.length > 0 && <p className={classes.note}>Left out: {skipsText(preview.skipped)}.</p>}
          {(force || forceable(preview.skipped) > 0) && (
            <Checkbox
              label="Also replay deliveries that arrived, are recovered or have a replay in progress"
              description="The receiver gets these events again."
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
            />
          )}
          {isDown && (
            <Checkbox
              label="Skip webhooks that are down"
              {...form.getInputProps('skipUnhealthy', { type: 'checkbox' })}
            />
          )}
          <Checkbox
            label="Canary"
            description="One delivery of each webhook goes first. The others follow once it has arrived."
            {...form.getInputProps('canary', { type: 'checkbox' })}
          />
          <div className={classes.numbers}>
            <NumberField
              label="Replays per second"
              description={paceText(count, form.values.ratePerSecond)}
              placeholder="as fast as possible"
              min={1}
              {...form.getInputProps('ratePerSecond')}
            />
            <NumberField
              label="Stop after failures"
              description="This many consecutive failures of one kind stop the webhook. 0: never."
              min={0}
              {...form.getInputProps('stopAfterFailures')}
            />
          </div>
          <TextInput
            label="Reason"
            placeholder="Optional; stored in the audit trail"
            maxLength={500}
            {...form.getInputProps('reason')}
          />
          {server.problem && <ProblemNotice problem={server.problem} />}
        </form>
      )}
    </Dialog>
  )
}

const paceText = (count: number, rate: number | ''): string =>
  rate === '' || rate <= 0
    ? 'Empty: as fast as the webhooks accept them.'
    : `About ${span((count / rate) * 1_000)} for ${counted(count)}.`

interface PreviewState {
  preview: Preview | null
  /** The time at which the preview selected its deliveries. */
  selectedAt: string | null
  problem: Problem | null
}

/** The dry run of a selection. The previous result stays visible while the next one is loaded. */
function usePreview(selection: ReplaySelection, force: boolean) {
  const client = useApolloClient()
  const [state, setState] = useState<PreviewState>({ preview: null, selectedAt: null, problem: null })
  const newest = useRef(0)
  const load = useCallback(async () => {
    const turn = ++newest.current
    const input = { ...selectionInput(selection, null), force, dryRun: true }
    try {
      const { data } = await client.mutate({ mutation: PreviewBulkReplay, variables: { input } })
      if (!data || turn !== newest.current) return
      const { bulkReplay, preview } = data.bulkReplayDeliveries
      setState({ preview, selectedAt: bulkReplay.createdAt, problem: null })
    } catch (error) {
      if (turn === newest.current) setState((before) => ({ ...before, problem: problemOf(error) }))
    }
  }, [client, selection, force])
  useEffect(() => void load(), [load])
  return { ...state, load: () => void load() }
}

import type { BulkReplayInput, PreviewBulkReplayMutation } from '@/lib/graphql.ts'
import type { ReplaySelection } from '../request.ts'

export type Preview = PreviewBulkReplayMutation['bulkReplayDeliveries']['preview']

/**
 * A replay is recommended from this likelihood on. The preview's count of likely deliveries uses the same threshold.
 */
const RECOMMENDED = 0.8

/** The options of a plan, as fields of a form. */
export interface PlanValues {
  scope: 'likely' | 'all'
  canary: boolean
  skipUnhealthy: boolean
  /** If empty, replays are sent as fast as the webhooks accept them. */
  ratePerSecond: number | ''
  stopAfterFailures: number | ''
  reason: string
  [key: string]: unknown
}

export const DEFAULT_PLAN: PlanValues = {
  scope: 'likely',
  canary: true,
  skipUnhealthy: false,
  ratePerSecond: '',
  stopAfterFailures: 20,
  reason: '',
}

/** The number of deliveries that a plan replays, computed from the preview. */
export const countOf = ({ byWebhook }: Pick<Preview, 'byWebhook'>, { scope, skipUnhealthy }: PlanValues): number =>
  byWebhook
    .filter(({ reachable }) => reachable || !skipUnhealthy)
    .reduce((sum, { count, likely }) => sum + (scope === 'likely' ? likely : count), 0)

/**
 * A selection in the format of the API. `selectedAt` becomes the end of the filter's time range, so that the plan
 * applies to the previewed deliveries only.
 */
export function selectionInput(
  selection: ReplaySelection,
  selectedAt: string | null,
): Pick<BulkReplayInput, 'deliveryIds' | 'filter'> {
  if ('deliveryIds' in selection) return { deliveryIds: [...selection.deliveryIds] }
  const { filter } = selection
  return { filter: { ...filter, until: filter.until ?? selectedAt } }
}

export function optionsInput(values: PlanValues): Omit<BulkReplayInput, 'deliveryIds' | 'filter'> {
  return {
    minLikelihood: values.scope === 'likely' ? RECOMMENDED : null,
    canary: values.canary,
    skipUnhealthy: values.skipUnhealthy,
    ratePerSecond: values.ratePerSecond === '' ? null : values.ratePerSecond,
    stopAfterFailures: values.stopAfterFailures === '' ? 0 : values.stopAfterFailures,
    reason: values.reason.trim() || null,
  }
}

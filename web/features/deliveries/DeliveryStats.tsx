'use client'

import { Skeleton } from '@mantine/core'
import { type FragmentType, readFragment } from '@/lib/graphql.ts'
import { type Figure, Figures } from '@/ui/Figures.tsx'
import { RelativeTime } from '@/ui/RelativeTime.tsx'
import { DeliveryFigures } from './documents.ts'

const number = new Intl.NumberFormat('en')

/** Rounded down, so that 100 % is said only where nothing failed. */
export const percent = (rate: number): string =>
  rate === 1 ? '100 %' : `${(Math.floor(rate * 1_000) / 10).toFixed(1)} %`

/** How it stands in the chosen window and tenant. */
export function DeliveryStats({ stats }: { stats: FragmentType<typeof DeliveryFigures> | null }) {
  const counts = readFragment(DeliveryFigures, stats)
  if (!counts) return <Skeleton h={84} />
  const { pending, nearFailure, delivered, deadLetter, successRate, oldestPendingAt } = counts
  const figures: Figure[] = [
    {
      label: 'Pending',
      value: number.format(pending),
      tone: pending ? 'blue' : undefined,
      note: oldestPendingAt ? (
        <>
          oldest <RelativeTime at={oldestPendingAt} />
        </>
      ) : (
        'to be delivered'
      ),
    },
    {
      label: 'Near failure',
      value: number.format(nearFailure),
      tone: nearFailure ? 'orange' : undefined,
      note: 'one attempt left',
    },
    { label: 'Delivered', value: number.format(delivered), tone: delivered ? 'teal' : undefined },
    {
      label: 'Dead letter',
      value: number.format(deadLetter),
      tone: deadLetter ? 'red' : undefined,
      note: 'no attempts left',
    },
    {
      label: 'Success rate',
      value: typeof successRate === 'number' ? percent(successRate) : '–',
      note: 'of those finished',
    },
  ]
  return <Figures label="Delivery statistics" figures={figures} />
}

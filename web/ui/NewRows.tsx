'use client'

import { Button, VisuallyHidden } from '@mantine/core'
import type { LiveList } from '@/lib/live/use-live-list.ts'
import { UpIcon } from './icons.tsx'
import classes from './NewRows.module.css'

/** Beyond that the number only flickers. */
export const countOf = (rows: number): string => (rows > 999 ? '999+' : String(rows))

interface NewRowsProps {
  live: LiveList
  /** What a row is called, and several. */
  one: string
  many: string
}

/** Stands right above a list: where its top is, and, over the list, the way to the rows that wait there. */
export function NewRows({ live, one, many }: NewRowsProps) {
  const { waiting, paused, show, top } = live
  const offered = !paused && waiting > 0
  return (
    <>
      <div ref={top} className={classes.top} />
      {/* Once, not with each that comes. */}
      <VisuallyHidden role="status">{offered ? `New ${many} are waiting` : ''}</VisuallyHidden>
      {offered && (
        <div className={classes.bar}>
          <Button className={classes.button} size="xs" radius="xl" leftSection={<UpIcon size={14} />} onClick={show}>
            {countOf(waiting)} new {waiting === 1 ? one : many}
          </Button>
        </div>
      )}
    </>
  )
}

'use client'

import { PageFailed, type PageFailure } from '@/ui/PageFailed.tsx'
import classes from './entry.module.css'

export default function EntryError(failure: PageFailure) {
  return (
    <main className={classes.notice}>
      <PageFailed {...failure} />
    </main>
  )
}

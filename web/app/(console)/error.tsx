'use client'

import { PageFailed, type PageFailure } from '@/ui/PageFailed.tsx'
import classes from '../entry.module.css'

/** Keeps the frame around the page: tenant, badges and navigation. */
export default function ConsoleError(failure: PageFailure) {
  return (
    <div className={classes.notice}>
      <PageFailed {...failure} />
    </div>
  )
}

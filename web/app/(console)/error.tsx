'use client'

import { PageFailed, type PageFailure } from '@/ui/PageFailed.tsx'
import classes from '../entry.module.css'

/** The frame around the page stays: tenant, badges, and the way to other pages. */
export default function ConsoleError(failure: PageFailure) {
  return (
    <div className={classes.notice}>
      <PageFailed {...failure} />
    </div>
  )
}

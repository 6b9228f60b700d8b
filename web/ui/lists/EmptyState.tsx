import type { ReactNode } from 'react'
import { InboxIcon } from '../icons.tsx'
import classes from './EmptyState.module.css'

/** Explains an empty list and what the user can do. */
export function EmptyState({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div role="status" className={classes.empty}>
      <InboxIcon size={32} />
      <p className={classes.title}>{title}</p>
      {children && <div className={classes.text}>{children}</div>}
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  )
}

// biome-ignore-all lint/a11y/useSemanticElements: the suggested fieldset is for form fields
'use client'

import { ActionIcon } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { CrossIcon } from '../icons.tsx'
import { Placeholder } from '../Placeholder.tsx'
import { CopyButton } from '../values/CopyButton.tsx'
import { ShortId } from '../values/ShortId.tsx'
import classes from './DetailPane.module.css'

interface DetailPaneProps {
  /** Kind of the object shown, such as "Delivery". */
  kind: string
  id: string
  onClose: () => void
  children: ReactNode
  /** Buttons that stay visible while the content scrolls. */
  footer?: ReactNode
}

/** The details of the open row, beside the list, which stays usable. On a narrow screen the pane covers the list. */
export function DetailPane({ kind, id, onClose, children, footer }: DetailPaneProps) {
  const body = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pane of another row is scrolled to its top
  useEffect(() => void body.current?.scrollTo(0, 0), [id])
  return (
    <aside className={classes.pane} aria-label={`${kind} details`}>
      <div className={classes.head}>
        <h2>{kind}</h2>
        <ShortId id={id} />
        <CopyButton compact text={id} what="the id" />
        <CopyButton compact link text={() => window.location.href} what="a link to this" />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={28}
          ml="auto"
          aria-label="Close details"
          title="Close (Esc)"
          onClick={onClose}
        >
          <CrossIcon />
        </ActionIcon>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard */}
      <div className={classes.body} ref={body} tabIndex={0} role="group" aria-label={`${kind} ${id}`}>
        {children}
      </div>
      {footer && <div className={classes.footer}>{footer}</div>}
    </aside>
  )
}

/** The pane, shown while the code of its content is loaded. */
export function PaneLoading({ kind, id, onClose }: Pick<DetailPaneProps, 'kind' | 'id' | 'onClose'>) {
  return (
    <DetailPane kind={kind} id={id} onClose={onClose}>
      <Placeholder rows={6} />
    </DetailPane>
  )
}

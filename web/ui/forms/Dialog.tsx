'use client'

import { ActionIcon } from '@mantine/core'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { CrossIcon } from '../icons.tsx'
import classes from './Dialog.module.css'

interface DialogProps {
  title: ReactNode
  onClose: () => void
  children: ReactNode
  /** Buttons below the content, which scrolls. */
  footer?: ReactNode
  /** In pixels. */
  width?: number
}

/**
 * A modal dialog, shown while it is rendered. It uses the browser's dialog element, which keeps the focus inside and
 * restores it on closing. Initially the focus is on the element with `data-autofocus`, otherwise on the first field,
 * otherwise on the title.
 */
export function Dialog({ title, onClose, children, footer, width = 520 }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (!element) return
    element.showModal()
    const first =
      element.querySelector<HTMLElement>('[data-autofocus]') ??
      element.querySelector<HTMLElement>('input:not([type=hidden]):not(:disabled), textarea, select') ??
      element.querySelector<HTMLElement>('h2')
    first?.focus()
    return () => element.close()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: for clicks on the backdrop; the key for it is Escape
    <dialog
      ref={dialog}
      className={classes.dialog}
      style={{ maxWidth: width }}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className={classes.body}>
        <div className={classes.header}>
          <h2 id={titleId} tabIndex={-1}>
            {title}
          </h2>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
            <CrossIcon />
          </ActionIcon>
        </div>
        <div className={classes.content}>{children}</div>
        {footer && <div className={classes.footer}>{footer}</div>}
      </div>
    </dialog>
  )
}

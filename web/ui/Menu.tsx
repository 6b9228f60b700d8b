// biome-ignore-all lint/a11y/noStaticElementInteractions: the role of the popover is set from a prop
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: the role of the popover is set from a prop
'use client'

import { type KeyboardEvent, type ReactNode, useEffectEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import classes from './Menu.module.css'

interface MenuProps {
  /** Accessible name of the button. */
  label: string
  /** The button's content. */
  button: ReactNode
  buttonClassName?: string
  /** `menu`: the content is a list of items. `dialog`: the content is anything else, such as fields. */
  role?: 'menu' | 'dialog'
  align?: 'start' | 'end'
  children: ReactNode | ((close: () => void) => ReactNode)
}

const GAP_PX = 4

/**
 * A button that opens a popover. A click outside it or Escape closes it. The browser shows it above all other content.
 */
export function Menu({ label, button, buttonClassName, role = 'menu', align = 'start', children }: MenuProps) {
  const id = useId()
  const trigger = useRef<HTMLButtonElement>(null)
  const popover = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const close = () => {
    popover.current?.hidePopover()
    trigger.current?.focus()
  }
  const place = () => {
    const [from, element] = [trigger.current?.getBoundingClientRect(), popover.current]
    if (!from || !element) return
    const { width, height } = element.getBoundingClientRect()
    const left = align === 'end' ? from.right - width : from.left
    element.style.left = `${Math.max(GAP_PX, Math.min(left, window.innerWidth - width - GAP_PX))}px`
    const below = from.bottom + GAP_PX
    const fits = below + height <= window.innerHeight || from.top < height
    element.style.top = `${fits ? below : from.top - GAP_PX - height}px`
  }
  const items = () => [...(popover.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])]
  const ready = () => {
    place()
    const first = role === 'menu' ? items()[0] : popover.current?.querySelector<HTMLElement>('input, select, button')
    first?.focus()
  }
  const move = (event: KeyboardEvent) => {
    if (role !== 'menu') return
    const list = items()
    const at = document.activeElement instanceof HTMLElement ? list.indexOf(document.activeElement) : -1
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }
    const next = steps[event.key]
    if (next === undefined || list.length === 0) return
    event.preventDefault()
    list[(next + list.length) % list.length]?.focus()
  }
  return (
    <>
      <button
        ref={trigger}
        type="button"
        className={buttonClassName ?? classes.button}
        aria-label={label}
        aria-haspopup={role}
        aria-expanded={open}
        popoverTarget={id}
      >
        {button}
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        role={role}
        aria-label={label}
        className={classes.popover}
        onKeyDown={move}
        onToggle={(event) => {
          setOpen(event.newState === 'open')
        }}
      >
        {open && <Content onReady={ready}>{typeof children === 'function' ? children(close) : children}</Content>}
      </div>
    </>
  )
}

/** Content of the popover. It reports when it is mounted, so that it can be measured, positioned and focused. */
function Content({ onReady, children }: { onReady: () => void; children: ReactNode }) {
  const ready = useEffectEvent(onReady)
  useLayoutEffect(() => ready(), [])
  return children
}

interface MenuItemProps {
  onSelect: () => void
  children: ReactNode
  /** For an option of which one can be selected: whether it is selected. */
  checked?: boolean
  disabled?: boolean
}

export function MenuItem({ onSelect, children, checked, disabled }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      disabled={disabled}
      className={classes.item}
      onClick={onSelect}
    >
      {checked !== undefined && (
        <span aria-hidden="true" className={classes.check}>
          {checked ? '✓' : ''}
        </span>
      )}
      {children}
    </button>
  )
}

/** A group of items with a heading. */
export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  const id = useId()
  return (
    // biome-ignore lint/a11y/useSemanticElements: the suggested fieldset is not allowed in a menu
    <div role="group" aria-labelledby={id} className={classes.group}>
      <div id={id} className={classes.heading}>
        {label}
      </div>
      {children}
    </div>
  )
}

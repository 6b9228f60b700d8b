// biome-ignore-all lint/a11y/useSemanticElements: the suggested fieldset is for form fields
import type { ReactNode } from 'react'

/** A container that scrolls content wider than the page, such as a table. */
export function Scrollable({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a focusable element can be scrolled with the keyboard
    <div role="group" aria-label={label} tabIndex={0} style={{ overflowX: 'auto', minWidth: 0 }}>
      {children}
    </div>
  )
}

'use client'

import { Drawer, FocusTrap } from '@mantine/core'
import type { ReactNode } from 'react'

interface DetailDrawerProps {
  title: ReactNode
  opened: boolean
  onClose: () => void
  children: ReactNode
}

/** What one row holds, sliding in from the right: over the whole of a phone, over part of a larger screen. */
export function DetailDrawer({ title, opened, onClose, children }: DetailDrawerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="min(100vw, 42rem)"
      title={title}
      closeButtonProps={{ 'aria-label': 'Close details' }}
      styles={{ title: { flex: 1, minWidth: 0 } }}
    >
      {/* Else the first button in the title, which copies the id, would have the focus. */}
      <FocusTrap.InitialFocus />
      {children}
    </Drawer>
  )
}

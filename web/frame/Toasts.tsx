'use client'

import { ActionIcon } from '@mantine/core'
import { dismissToast, type Toast, toasts } from '@/lib/actions/toasts.ts'
import { useStore } from '@/lib/store.ts'
import { CrossIcon } from '@/ui/icons.tsx'
import classes from './Toasts.module.css'

const GLYPHS: Record<Toast['tone'], string> = { good: '●', bad: '✕', warn: '◔', info: '○' }

/** Notifications in a strip below the page, so that they cover nothing. */
export function Toasts() {
  const list = useStore(toasts)
  return (
    <section className={classes.strip} aria-label="Notifications" role="log" aria-live="polite">
      {list.map(({ id, tone, title, detail, busy }) => (
        <div key={id} className={classes.toast} data-tone={tone} data-toast>
          <span aria-hidden="true" className={busy ? classes.busy : classes.glyph}>
            {busy ? '◔' : GLYPHS[tone]}
          </span>
          <span className={classes.text}>
            <strong>{title}</strong> {detail}
          </span>
          <ActionIcon variant="subtle" color="gray" size="md" aria-label="Dismiss" onClick={() => dismissToast(id)}>
            <CrossIcon size={14} />
          </ActionIcon>
        </div>
      ))}
    </section>
  )
}

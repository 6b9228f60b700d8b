'use client'

import { useAction } from '@/lib/actions/use-action.ts'
import { ALERT_QUERIES } from '../use-alert-actions.ts'
import { ExpireSilence } from './documents.ts'

/** Ends a silence now, after a confirmation. */
export const useExpire = () =>
  useAction(ExpireSilence, {
    failed: 'Not ended',
    confirm: () => ({
      title: 'End this silence now?',
      body: 'Alerts that it matches and that still fire notify again.',
      confirm: 'End the silence',
    }),
    done: () => 'The silence has ended.',
    refetch: ['SilenceDetails', ...ALERT_QUERIES],
  })

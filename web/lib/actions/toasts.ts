import type { ReactNode } from 'react'
import { createStore } from '../store.ts'

export interface Toast {
  id: string
  tone: 'good' | 'bad' | 'warn' | 'info'
  title: string
  detail?: ReactNode
  /** Work is in progress: the toast stays until a toast with the same id replaces it. */
  busy?: boolean
}

/** How long success messages stay. Errors stay until dismissed. */
const SHOWN_MS = 8_000
/** Maximum number of toasts. A further one removes the oldest. */
const MOST = 3

export const toasts = createStore<readonly Toast[]>([])
const timers = new Map<string, ReturnType<typeof setTimeout>>()
let count = 0

/** Shows a toast, or replaces the one with the same id. */
export function showToast({ id = `toast-${++count}`, ...toast }: Omit<Toast, 'id'> & { id?: string }): void {
  clearTimeout(timers.get(id))
  const list = toasts.get()
  const shown = { id, ...toast }
  toasts.set(
    list.some((one) => one.id === id)
      ? list.map((one) => (one.id === id ? shown : one))
      : [...list, shown].slice(-MOST),
  )
  if (!toast.busy && toast.tone !== 'bad')
    timers.set(
      id,
      setTimeout(() => dismissToast(id), SHOWN_MS),
    )
}

export function dismissToast(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  toasts.set(toasts.get().filter((one) => one.id !== id))
}

'use client'

import { type ComponentType, lazy, Suspense } from 'react'

/**
 * A component whose code is loaded when it is first rendered, such as a form in a dialog. It renders nothing while
 * loading.
 */
export function lazily<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>) {
  const Loaded = lazy(load)
  return function Lazily(props: Props) {
    return (
      <Suspense>
        <Loaded {...props} />
      </Suspense>
    )
  }
}

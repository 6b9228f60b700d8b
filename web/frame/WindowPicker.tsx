'use client'

import { useQueryStates } from 'nuqs'
import { listParsers, WINDOW_NAMES, WINDOWS, type WindowName } from '@/lib/lists/windows.ts'
import { useShortcuts } from '@/lib/use-shortcuts.tsx'
import classes from './Frame.module.css'

const { window: windowParser, since, until } = listParsers

/**
 * Selects the time window of the pages. A range selected in a chart overrides the window until another window is
 * chosen.
 */
export function WindowPicker() {
  const [params, setParams] = useQueryStates({ window: windowParser, since, until })
  const brushed = params.since !== null || params.until !== null
  const pick = (window: WindowName) => void setParams({ window, since: null, until: null })
  useShortcuts(
    WINDOW_NAMES.map((name, index) => ({
      keys: String(index + 1),
      label: `Time window: ${WINDOWS[name].label}`,
      group: 'Page',
      run: () => pick(name),
    })),
  )
  return (
    <>
      <div role="radiogroup" aria-label="Time window" className={classes.windows}>
        {WINDOW_NAMES.map((name) => (
          <label key={name} data-checked={(!brushed && params.window === name) || undefined}>
            <input
              type="radio"
              name="window"
              checked={!brushed && params.window === name}
              onChange={() => pick(name)}
              onClick={() => brushed && pick(name)}
            />
            {WINDOWS[name].label}
          </label>
        ))}
      </div>
      <select
        className={classes.windowSelect}
        aria-label="Time window"
        value={brushed ? '' : params.window}
        onChange={(event) => {
          const name = WINDOW_NAMES.find((one) => one === event.currentTarget.value)
          if (name) pick(name)
        }}
      >
        {brushed && <option value="">Range</option>}
        {WINDOW_NAMES.map((name) => (
          <option key={name} value={name}>
            {WINDOWS[name].label}
          </option>
        ))}
      </select>
    </>
  )
}
